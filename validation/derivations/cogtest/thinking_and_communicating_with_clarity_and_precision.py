"""Derivations of the answers to the CogTest problems of the habit of clarity and precision."""

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import isqrt, prod


def _talavera() -> dict[tuple[int, int], int]:
    """Bits of the fifteen places of a panel with three rows and five columns."""
    return {place: 1 << n for n, place in enumerate(itertools.product(range(3), range(5)))}


def item_01() -> str:
    """Test all panels for three blue tiles running on in a row or a column."""
    bit = _talavera()
    down = [bit[0, c] | bit[1, c] | bit[2, c] for c in range(5)]
    across = [bit[r, c] | bit[r, c + 1] | bit[r, c + 2] for r in range(3) for c in range(3)]
    slant = bit[0, 0] | bit[1, 1] | bit[2, 2]
    father = slant | bit[0, 2] | bit[0, 4]
    assert not any(father & line == line for line in down + across)
    return str(sum(all(panel & line != line for line in down + across) for panel in range(1 << 15)))


def twin_01() -> str:
    """Chain columns: none all blue, and no row blue in three columns running."""
    columns = range(7)
    counts = {(a, b): 1 for a in columns for b in columns}
    for _ in range(3):
        longer: dict[tuple[int, int], int] = {}
        for (a, b), n in counts.items():
            for c in columns:
                if not a & b & c:
                    longer[b, c] = longer.get((b, c), 0) + n
        counts = longer
    return str(sum(counts.values()))


def item_02() -> str:
    """Try added must in tenths of a kilogram until sugar is half of the pot."""
    pot = Fraction(36)
    sugar = pot / 5
    left = pot - pot * 2 / 3
    for tenths in range(400):
        added = Fraction(tenths, 10)
        if 2 * (sugar + added / 5) == left + added:
            return f"{added} kg"
    raise ValueError("no amount in tenths of a kilogram")


def item_03() -> str:
    """Collect the hours from Monday 00:00 up to Sunday's midnight."""
    end = 7 * 24
    return str(len({*range(6, end, 8), *range(7, end, 5), *range(8, end, 7), *range(10, end, 12)}))


def item_04() -> str:
    """Go through ayes, noes and abstentions of 8 to 15 members present."""
    entries = itertools.product(range(16), repeat=3)
    return str(sum(8 <= sum(entry) <= 15 and 2 * entry[0] > sum(entry) for entry in entries))


def item_05() -> str:
    """Collect the values of width over height that aren't refused."""
    sides = range(1, 17)
    return str(len({Fraction(w, h) for w in sides for h in sides if h <= w <= 2 * h}))


def item_06() -> str:
    """Strike the three rows of dates off the calendar of spring 2025, when 2 March is a Sunday."""
    first, last = date(2025, 3, 1), date(2025, 5, 31)
    spring = [first + timedelta(days=d) for d in range((last - first).days + 1)]
    assert spring[1].isoweekday() == 7
    called = {*spring[0::3], *spring[1::5], *spring[1::14]}
    return str(len(spring) - len(called))


def item_07() -> str:
    """Seat the eight in all orders with the treasurer on chair 0 and turn by eight chairs."""
    ways = 0
    people = ("president", "secretary", "engineer 1", "engineer 2", "a", "b", "c")
    for order in itertools.permutations(people):
        if {order[0], order[-1]} != {"president", "secretary"}:
            continue
        apart = abs(order.index("engineer 1") - order.index("engineer 2"))
        ways += apart > 1
    return str(8 * ways)


def item_08() -> str:
    """Circumradius, by Heron's rule, of the triangle of rim distances lengthened by the radii."""
    a, b, c = 6, 9, 12
    sides = (11 + a + b, 7 + b + c, 12 + a + c)
    product = sum(sides)
    for side in sides:
        product *= sum(sides) - 2 * side
    four_areas = isqrt(product)
    assert four_areas**2 == product
    return f"{float(Fraction(prod(sides), four_areas)):g}"


def item_09() -> str:
    """Try the length of the old paddock in whole metres."""
    found = []
    for length in range(1, 170):
        width = 340 // 2 - length
        if 4 * length + 2 * Fraction(3 * width, 2) == 620:
            found.append(3 * length * width)
    (area,) = found
    return f"{area / 10_000:g} hectares"


def _smudged(total: Fraction) -> str:
    """Times of Tuesday's last two trains whose signed delays bring the sum of four to the total."""
    found = []
    for third in range(-30, 31):
        fourth = third + 3
        if -1 + 11 + third + fourth == total:
            due = datetime(2025, 3, 4, 15, 5), datetime(2025, 3, 4, 19, 30)
            came = [d + timedelta(minutes=m) for d, m in zip(due, (third, fourth), strict=True)]
            found.append(" and ".join(f"{t:%H:%M}" for t in came))
    (times,) = found
    return times


def item_10() -> str:
    """Monday fits the mean with early trains as negative; apply it to Tuesday."""
    monday = [6, -2, 8, 4]
    assert Fraction(sum(monday), 4) == 4
    assert Fraction(sum(max(m, 0) for m in monday), 4) != 4
    assert Fraction(sum(abs(m) for m in monday), 4) != 4
    return _smudged(4 * Fraction(9, 4))


def twin_10() -> str:
    """The sum of Tuesday's four numbers is given."""
    return _smudged(Fraction(9))


def item_11() -> str:
    """Test all mirrored rows of eleven medallions."""
    count = 0
    for half in itertools.product("riw", repeat=6):
        row = half + half[4::-1]
        alike = any(a == b for a, b in itertools.pairwise(row))
        count += not alike and row.count("r") == 4 and len(set(row)) == 3
    return str(count)


def item_12() -> str:
    """Try all splits of 34 pupils with nine in exactly two contests."""
    found = [
        (three, one)
        for three in range(35)
        for one in range(35)
        if one + 9 + three == 34 and one + 2 * 9 + 3 * three == 55
    ]
    ((three, one),) = found
    return f"{three} in all three, {one} in only one"


def item_13() -> str:
    """Raise the number of bars until the gap is at most 10 cm; lengths in mm."""
    bars = 1
    while Fraction(4245 - 45 * bars, bars + 1) > 100:
        bars += 1
    gap = Fraction(4245 - 45 * bars, bars + 1) / 10
    return f"{bars} bars, gaps of {float(gap):g} cm"


def item_14() -> str:
    """Weigh all flour and all water of the dough and lift their ratio to 75 per cent."""
    parts = {"flour": 100, "water": 70, "leaven": 20, "salt": 2}
    unit = Fraction(23_040, sum(parts.values()))
    flour = unit * (parts["flour"] + Fraction(parts["leaven"], 2))
    water = unit * (parts["water"] + Fraction(parts["leaven"], 2))
    return f"{flour * 75 / 100 - water} g"


def _missed_share(april: Fraction, may: Fraction) -> str:
    """Share of all appointments missed, from the monthly shares and the numbers missed."""
    held = [Fraction(640), 161 / april, 207 / may]
    assert all(n.denominator == 1 for n in held)
    return str((640 * Fraction(1, 4) + 161 + 207) / sum(held))


def item_15() -> str:
    """Each fall is a part of the share before it."""
    april = Fraction(1, 4) * Fraction(92, 100)
    return _missed_share(april, april * Fraction(90, 100))


def twin_15() -> str:
    """The shares are given as percentages."""
    return _missed_share(Fraction(23, 100), Fraction(207, 1000))


def item_16() -> str:
    """Carry an estate of one unit through the clauses and scale it to the known share."""
    left = Fraction(1)
    for part in (Fraction(1, 3), Fraction(1, 4), Fraction(1, 5)):
        left -= left * part
    grandchild = left / 3 / 2
    return f"{int(14_400 / grandchild) + 27_500:,} euros"


def item_17() -> str:
    """Play the queue: one worker, four waits, so five attempts for each message."""
    takes = {"A": 3, "B": 5, "C": 7}
    waits = (3, 6, 12, 24)
    queue = [(0, place, name, 0) for place, name in enumerate(takes)]
    clock = 0
    while queue:
        queue.sort()
        ready, place, name, failures = queue.pop(0)
        assert not any(other[0] == ready > 0 for other in queue)
        clock = max(clock, ready) + takes[name]
        if failures < len(waits):
            queue.append((clock + waits[failures], place, name, failures + 1))
    return str(clock)


def item_18() -> str:
    """Count nights, as last year's line does, with half for a child."""

    def shares(start: date, end: date, heads: Fraction) -> Fraction:
        return (end - start).days * heads

    assert shares(date(2024, 6, 2), date(2024, 6, 9), Fraction(1)) == 7
    petros = shares(date(2025, 6, 28), date(2025, 7, 12), Fraction(5, 2))
    ariadne = shares(date(2025, 7, 5), date(2025, 7, 26), Fraction(1))
    zacharias = shares(date(2025, 7, 26), date(2025, 8, 9), Fraction(3))
    zacharias += shares(date(2025, 8, 1), date(2025, 8, 5), Fraction(1))
    return f"{1326 * zacharias / (petros + ariadne + zacharias)} euros"


def item_19() -> str:
    """Test all orders of the seven stalls."""
    goods = ("mats", "candles", "ropes", "pots", "flowers", "tamales", "honey")
    found = set()
    for order in itertools.permutations(goods):
        at = {name: place for place, name in enumerate(order)}
        if (
            abs(at["mats"] - at["candles"]) == 2
            and abs(at["candles"] - at["ropes"]) == 3
            and abs(at["pots"] - at["candles"]) == 3
            and abs(at["flowers"] - at["pots"]) == 1
            and at["pots"] < at["tamales"] < at["candles"]
        ):
            found.add(order)
    (row,) = found
    return f"{row[3]} in the middle, {row[6]} at the right end"


def item_20() -> str:
    """Weight every setting of four lizards by the chance of two striped sightings."""
    weight = [Fraction(0)] * 5
    for setting in itertools.product((0, 1), repeat=4):
        weight[sum(setting)] += Fraction(sum(setting), 4) ** 2
    return str(weight[2] / sum(weight))


def item_21() -> str:
    """Try the number of ewes with triplets."""
    lambs = 240 * 140 // 100
    lambed = lambs * 100 // 160
    found = []
    for triplets in range(lambed):
        single = 8 * triplets
        twins = lambed - single - triplets
        if twins >= 0 and single + 2 * twins + 3 * triplets == lambs:
            found.append(twins)
    (twins,) = found
    return str(twins)


def item_22() -> str:
    """Price every ordered pair of stops with the zones that favour the rider."""
    zones: list[tuple[int, ...]] = [(0,)] * 3 + [(0, 1)] + [(1,)] * 2 + [(2,)] * 4 + [(2, 3)] + [(3,)] * 2

    def fare(start: Sequence[int], end: Sequence[int]) -> int:
        return 4 * min(abs(a - b) + 1 for a in start for b in end)

    return str(sum(fare(a, b) == 12 for a, b in itertools.permutations(zones, 2)))


def _tempo(times: int) -> str:
    """Beats a minute for the slot, if B and C are each played so many times."""
    beats = 2 * (3 * 16 + times * 12 + times * 8)
    assert Fraction(beats * 60, 96) == 2 * 60 + 15
    return str(Fraction((beats - 2 * 16) * 60, 96))


def item_23() -> str:
    """Find how often B and C are played from the length of the disc."""
    (times,) = [t for t in range(1, 6) if Fraction(2 * (48 + 20 * t) * 60, 96) == 135]
    return _tempo(times)


def twin_23() -> str:
    """B and C are played three times each."""
    return _tempo(3)


def item_24() -> str:
    """Test all sets of five class sizes with 90 pupils."""
    found = []
    for smallest in range(1, 18):
        largest = 3 * smallest
        for middle in itertools.combinations(range(smallest + 1, largest), 3):
            sizes = (smallest, *middle, largest)
            if sum(sizes) == 90 and sum(s * s for s in sizes) == 20 * 90:
                found.append(sizes)
    (sizes,) = found
    return ", ".join(map(str, sizes))


def item_25() -> str:
    """Count the codes that never fall and add up to 20."""
    rising = list(itertools.combinations_with_replacement(range(10), 4))
    assert {(3, 3, 6, 8), (0, 2, 9, 9)} <= set(rising)
    return str(sum(sum(code) == 20 for code in rising))
