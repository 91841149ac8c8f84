"""Derivations of the answers to the questioning problems of CogTest."""

from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import combinations, permutations, product
from statistics import median


def item_01() -> str:
    """Keys of six cuts that keep both rules."""
    count = 0
    for key in product(range(1, 6), repeat=6):
        if all(abs(a - b) <= 3 for a, b in zip(key, key[1:])):
            count += not any(key[i] == key[i + 1] == key[i + 2] for i in range(4))
    return str(count)


def item_02() -> str:
    """Day whose trays per helper lie nearest to those of the whole week."""
    week = {"Monday": (5, 37), "Tuesday": (4, 31), "Wednesday": (11, 40)}
    week |= {"Thursday": (6, 43), "Friday": (8, 62), "Saturday": (7, 50)}
    overall = Fraction(sum(t for _, t in week.values()), sum(h for h, _ in week.values()))
    gaps = sorted((abs(Fraction(t, h) - overall), day) for day, (h, t) in week.items())
    assert gaps[0][0] < gaps[1][0]
    return f"{gaps[0][1]}, {gaps[0][0]}"


def twin_02() -> str:
    """The same comparison on an even table."""
    week = {"Monday": (5, 35), "Tuesday": (4, 30), "Wednesday": (5, 36)}
    week |= {"Thursday": (6, 43), "Friday": (8, 62), "Saturday": (7, 50)}
    overall = Fraction(sum(t for _, t in week.values()), sum(h for h, _ in week.values()))
    gaps = sorted((abs(Fraction(t, h) - overall), day) for day, (h, t) in week.items())
    assert gaps[0][0] < gaps[1][0]
    return f"{gaps[0][1]}, {gaps[0][0]}"


def item_03() -> str:
    """Five patients in beds 1 to 8 without 4, the first two not in neighbouring beds."""
    beds = (1, 2, 3, 5, 6, 7, 8)
    return str(sum(1 for p in permutations(beds, 5) if abs(p[0] - p[1]) != 1))


def twin_03() -> str:
    """Five patients in five beds."""
    return str(sum(1 for _ in permutations(range(5))))


def item_04() -> str:
    """Groups of partners whose votes reach eleven under the proviso."""
    votes = {"P": 6, "Q": 5, "R": 4, "S": 3, "T": 2}
    count = 0
    for size in range(6):
        for group in combinations(votes, size):
            total = sum(v for p, v in votes.items() if p in group and (p != "T" or "P" in group))
            count += total >= 11
    return str(count)


def item_05() -> str:
    """The 1500th whole number without a 4 or a 7."""
    number, issued = 0, 0
    while issued < 1500:
        number += 1
        issued += not set("47") & set(str(number))
    return str(number)


def twin_05() -> str:
    """Plain running numbers from 1201: the 1500th."""
    return str(range(1201, 10**6)[1500 - 1])


def item_06() -> str:
    """Heaps from 1 to 60 lost for whoever begins, the last number taken being barred."""

    @cache
    def wins(left: int, last: int) -> bool:
        return any(not wins(left - k, k) for k in (1, 3, 4) if k != last and k <= left)

    return str(sum(1 for n in range(1, 61) if not wins(n, 0)))


def _routes(shut: set[tuple[int, int]], cut: set[tuple[int, int, int, int]]) -> int:
    """Shortest ways over six blocks east and five south."""
    ways = {(0, 0): 1}
    for x in range(7):
        for y in range(6):
            if (x, y) == (0, 0):
                continue
            total = 0
            for px, py in ((x - 1, y), (x, y - 1)):
                if (px, py, x, y) not in cut:
                    total += ways.get((px, py), 0)
            ways[x, y] = 0 if (x, y) in shut else total
    return ways[6, 5]


def item_07() -> str:
    """Routes that keep off the closed junction and the closed block."""
    return str(_routes({(2, 2)}, {(4, 3, 5, 3)}))


def twin_07() -> str:
    """Routes through the open grid."""
    return str(_routes(set(), set()))


def item_08() -> str:
    """Rotifers by age, day by day, with no births on day 10."""
    ages = {0: 4}
    for day in range(1, 15):
        ages = {age + 1: n for age, n in ages.items() if age + 1 < 6}
        if day != 10:
            ages[0] = sum(2 * n for age, n in ages.items() if age >= 3)
    return str(sum(ages.values()))


def item_09() -> str:
    """Largest number of mangoes that can't be packed, one crate of 15 at most."""
    packed = {8 * a + 11 * b + 15 * c for a in range(60) for b in range(60) for c in (0, 1)}
    return str(max(n for n in range(400) if n not in packed))


def item_10() -> str:
    """Share of the minutes from 06:00 to 10:00 with green for southbound traffic."""
    green = 0
    for minute in range(6 * 60, 10 * 60):
        place = minute % 60 % 18
        first = "south" if minute // 60 == 8 else "north"
        if place < 7:
            green += first == "south"
        elif 9 <= place < 16:
            green += first != "south"
    return str(Fraction(green, 240))


def item_11() -> str:
    """Palindromes of 13 stripes, neighbours different, all three colours used."""
    count = 0
    for half in product("IRW", repeat=7):
        stripes = half + half[-2::-1]
        assert len(stripes) == 13
        count += len(set(stripes)) == 3 and all(a != b for a, b in zip(stripes, stripes[1:]))
    return str(count)


def item_12() -> str:
    """Different totals of twelve items at +5, -2 and 0."""
    return str(len({5 * r - 2 * w for r in range(13) for w in range(13 - r)}))


def item_13() -> str:
    """Ways of covering the floor without the two cells by slabs of two cells."""
    floor = frozenset((r, c) for r in range(1, 5) for c in range(1, 7)) - {(2, 2), (3, 4)}

    @cache
    def cover(free: frozenset[tuple[int, int]]) -> int:
        if not free:
            return 1
        r, c = min(free)
        return sum(cover(free - {(r, c), other}) for other in ((r, c + 1), (r + 1, c)) if other in free)

    return str(cover(floor))


def item_14() -> str:
    """Menus of four dishes under the three house rules."""
    dishes = ("rice", "flatbread", "dhal", "spinach", "aubergine", "prawns", "squid", "chicken", "egg")
    count = 0
    for menu in combinations(dishes, 4):
        base = "rice" in menu or "flatbread" in menu
        sea = not ("prawns" in menu and "squid" in menu) or "rice" in menu
        count += base and sea and not ("chicken" in menu and "egg" in menu)
    return str(count)


def item_15() -> str:
    """Means of three successive readings above the median of all ten, in tenths."""
    log = (41, 39, 44, 410, 40, 38, 42, 43, 39, 46)
    middle = Fraction(median(log))
    return str(sum(1 for i in range(8) if Fraction(sum(log[i : i + 3]), 3) > middle))


def item_16() -> str:
    """Requests turned away in thirty seconds."""
    tokens, refused = 6, 0
    for second in range(1, 31):
        tokens = min(6, tokens + 1)
        cost = 2 if second % 10 == 0 else 1
        for _ in range(second % 4):
            if tokens >= cost:
                tokens -= cost
            else:
                refused += 1
    return str(refused)


def item_17() -> str:
    """Dates on which both bins are emptied, and the ninth of them."""
    dates = []
    week, green, blue = date(2025, 1, 2), date(2025, 1, 9), date(2025, 1, 2)
    while week.year < 2027:
        if (week - green).days % 14 == 0 and (week - blue).days % 21 == 0:
            barred = (week.month, week.day) in ((12, 25), (1, 1))
            dates.append(week + timedelta(days=1) if barred else week)
        week += timedelta(days=7)
    return f"{len(dates)}; {dates[8].strftime('%-d %B %Y')}"


def item_18() -> str:
    """Round table of eight, turns alike: chair opposite secretary, two heads not side by side."""
    count = 0
    for others in permutations(range(1, 8)):
        secretary, a, b = others[:3]
        count += secretary == 4 and (a - b) % 8 not in (1, 7)
    return str(count)


def item_19() -> str:
    """Seconds of one hour, both ends included, with all three lights on."""
    second = {8 * k for k in range(451) if (k + 1) % 5}
    return str(sum(1 for s in range(3601) if s % 6 == 0 and s % 9 == 0 and s in second))


def item_20() -> str:
    """Sectors in multiples of pi: three quarters at the corner, a quarter round each further corner."""
    rope, sides = 7, (4, 5)
    area = Fraction(3 * rope**2, 4) + sum(Fraction((rope - s) ** 2, 4) for s in sides if rope > s)
    assert rope < sum(sides)
    return f"{area}π m²"


def item_21() -> str:
    """Orders in which six wagons can leave, siding for two, wagon 4 barred from it."""
    found = set()

    def run(arriving: int, siding: tuple[int, ...], left: tuple[int, ...]) -> None:
        if len(left) == 6:
            found.add(left)
        if siding:
            run(arriving, siding[:-1], (*left, siding[-1]))
        if arriving <= 6:
            run(arriving + 1, siding, (*left, arriving))
            if arriving != 4 and len(siding) < 2:
                run(arriving + 1, (*siding, arriving), left)

    run(1, (), ())
    return str(len(found))


def item_22() -> str:
    """Fewest actors: roles that share a scene, or stand in neighbouring scenes, need different ones."""
    scenes = ("W", "BW", "CW", "CGJ", "JM", "DF", "BJ")
    clash = {frozenset(p) for s in scenes for p in combinations(s, 2)}
    for one, two in zip(scenes, scenes[1:]):
        clash |= {frozenset((a, b)) for a in one for b in two if a != b}
    roles = sorted(set("".join(scenes)))

    def fits(cast: dict[str, int], actors: int) -> bool:
        if len(cast) == len(roles):
            return True
        role = roles[len(cast)]
        for actor in range(actors):
            if all(cast[r] != actor for r in cast if frozenset((r, role)) in clash):
                if fits({**cast, role: actor}, actors):
                    return True
        return False

    return str(next(n for n in range(1, 9) if fits({}, n)))


def item_23() -> str:
    """Sum of the corners of the one square with the given products."""
    corners = []
    for top in permutations(range(1, 10), 3):
        if top[0] * top[1] * top[2] != 18:
            continue
        for mid in permutations(set(range(1, 10)) - set(top), 3):
            if mid[0] * mid[1] * mid[2] != 84:
                continue
            for low in permutations(set(range(1, 10)) - set(top) - set(mid)):
                if [a * b * c for a, b, c in zip(top, mid, low)] == [504, 24, 30]:
                    corners.append(top[0] + top[2] + low[0] + low[2])
    (answer,) = corners
    return str(answer)


def item_24() -> str:
    """Area of the polygon by the shoelace rule, in hectares."""
    p = ((0, 0), (60, 20), (180, 60), (150, 210), (30, 180))
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(p, p[1:] + p[:1]))
    return f"{float(Fraction(abs(twice), 20_000)):g} ha"


def item_25() -> str:
    """Probability that the fourth draw gives a half, over all states of the bottle."""
    state = {(5, 0): Fraction(1)}
    for _ in range(3):
        after: dict[tuple[int, int], Fraction] = {}
        for (whole, half), p in state.items():
            n = whole + half
            if whole:
                key = (whole - 1, half + 1)
                after[key] = after.get(key, Fraction(0)) + p * whole / n
            if half:
                key = (whole, half - 1)
                after[key] = after.get(key, Fraction(0)) + p * half / n
        state = after
    answer = sum((p * h / (w + h) for (w, h), p in state.items()), Fraction(0))
    return str(answer)
