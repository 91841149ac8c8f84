"""Derivations of the answers to the CogTest problems of the habit `thinking_flexibly`."""

from __future__ import annotations

import itertools
from fractions import Fraction


def item_01() -> str:
    """Try joint times in quarter hours until the two rates add up."""
    for quarter in range(1, 400):
        t = Fraction(quarter, 4)
        if 1 / (t + 8) + 1 / (t + 18) == 1 / t:
            return f"{t} hours"
    raise ValueError("no joint time")


def item_02() -> str:
    """Test every tile against the diagonal: its corners must lie on both sides of it."""
    across, along = 630 // 30, 810 // 45
    lifted = 0
    for i in range(across):
        for j in range(along):
            signs = {
                (x * along > y * across) - (x * along < y * across) for x in (i, i + 1) for y in (j, j + 1)
            }
            lifted += {1, -1} <= signs
    return str(lifted)


def item_03() -> str:
    """Search all sets of five weights with the listed pair sums."""
    sums = [609, 611, 616, 616, 621, 622, 623, 627, 629, 634]
    heaviest = set()
    for a in range(1, 305):
        b = sums[0] - a
        c = sums[1] - a
        if not a <= b <= c:
            continue
        e = sums[-2] - c
        d = sums[-1] - e
        loaves = (a, b, c, d, e)
        if sorted(x + y for x, y in itertools.combinations(loaves, 2)) == sums:
            heaviest.add(e)
    assert len(heaviest) == 1
    return f"{heaviest.pop()} g"


def item_04() -> str:
    """Count the orders by the set of jobs already done."""
    needs = {
        "oven": [], "rolls": ["oven"], "loaves": ["oven"], "slice": ["loaves"],
        "whip": [], "pipe": ["whip"], "cocoa": ["pipe"], "sweep": [],
    }  # fmt: skip
    ways: dict[frozenset[str], int] = {frozenset(): 1}
    for _ in range(len(needs)):
        longer: dict[frozenset[str], int] = {}
        for done, count in ways.items():
            for job, before in needs.items():
                if job not in done and all(b in done for b in before):
                    key = done | {job}
                    longer[key] = longer.get(key, 0) + count
        ways = longer
    return str(ways[frozenset(needs)])


def item_05() -> str:
    """Average the place of the second outdated ampoule over all placements."""
    rows = list(itertools.combinations(range(1, 11), 4))
    return str(Fraction(sum(row[1] for row in rows), len(rows)))


def item_06() -> str:
    """Try path lengths: meetings happen when the two have walked 1/2 and 3/2 laps between them."""
    for length in range(181, 2000):
        speed = Fraction(90, 1) / (Fraction(length, 2) - 90)  # hers over the other patient's
        walked = Fraction(3 * length, 2) * speed / (1 + speed)
        if walked == length - 50:
            return f"{length} m"
    raise ValueError("no length")


def item_07() -> str:
    """Put the three cousins into every triple of the twelve chairs."""
    triples = list(itertools.permutations(range(12), 3))
    apart = sum(len({chair // 4 for chair in t}) == 3 for t in triples)
    return str(Fraction(apart, len(triples)))


def item_08() -> str:
    """Find first rent and yearly step from the two sums, then add up ten years."""
    for step in range(0, 20000, 50):
        first = Fraction(52800 - 6 * step, 4)
        rents = [first + k * step for k in range(10)]
        if sum(rents[6:]) == 72000:
            return f"{int(sum(rents)):,} euros"
    raise ValueError("no step")


def item_09() -> str:
    """Run the script."""
    total = 0
    for a in range(1, 61):
        for b in range(a + 1, 61):
            total += b - a
    return str(total)


def item_10() -> str:
    """Go through all logs of ten hours."""
    logs = itertools.product((0, 1), repeat=10)
    return str(sum(sum(a < b for a, b in itertools.pairwise(log)) == 2 for log in logs))


def item_11() -> str:
    """Cut the perpendicular bisector of the diagonal with the two long sides."""
    long, short = Fraction(32), Fraction(24)
    # points equally far from (0, 0) and (long, short): 2 * long * x + 2 * short * y = long^2 + short^2
    square = long * long + short * short
    ends = [((square - 2 * short * y) / (2 * long), y) for y in (Fraction(0), short)]
    assert all(0 <= x <= long for x, _ in ends)
    length2 = (ends[0][0] - ends[1][0]) ** 2 + short**2
    length = next(n for n in range(1, 100) if n * n == length2)
    return f"{length} cm"


def item_12() -> str:
    """Try all draws; persons 2k and 2k + 1 are a couple."""
    return str(sum(all(d // 2 != i // 2 for i, d in enumerate(p)) for p in itertools.permutations(range(6))))


def item_13() -> str:
    """Go through all placements of the five no slips."""
    good = 0
    for noes in itertools.combinations(range(13), 5):
        lead = 0
        for i in range(13):
            lead += -1 if i in noes else 1
            if lead < 0:
                break
        else:
            good += 1
    return str(good)


def item_14() -> str:
    """Keep the triples of lamps with no arc of half the circle or more."""
    triples = list(itertools.combinations(range(13), 3))
    inside = sum(max(b - a, c - b, 13 + a - c) * 2 < 13 for a, b, c in triples)
    return str(Fraction(inside, len(triples)))


def item_15() -> str:
    """Write down every strand of six letters and merge it with its partner."""
    partner = str.maketrans("ACGT", "TGCA")
    entries = set()
    for letters in itertools.product("ACGT", repeat=6):
        strand = "".join(letters)
        entries.add(min(strand, strand[::-1].translate(partner)))
    return str(len(entries))


def item_16() -> str:
    """Trace the beam centimetre by centimetre."""
    x = y = reflections = 0
    dx = dy = 1
    while True:
        x, y = x + dx, y + dy
        at_x, at_y = x in (0, 88), y in (0, 56)
        if at_x and at_y:
            return str(reflections)
        if at_x:
            dx, reflections = -dx, reflections + 1
        if at_y:
            dy, reflections = -dy, reflections + 1


def item_17() -> str:
    """Go through depths in tenths of a metre; all the money that is left goes into the road side."""
    areas = []
    for tenth in range(1, 1500):
        depth = Fraction(tenth, 10)
        road = (6000 - 4 * 10 * depth) / 15
        areas.append(road * depth)
    best = max(areas)
    # a quadratic in the depth: the best of the grid is its peak if the neighbours lie equally low
    k = areas.index(best)
    assert areas[k - 1] == areas[k + 1]
    assert best.denominator == 1
    return str(best)


def item_18() -> str:
    """Find stock and growth from the two reckonings, then let the season run."""
    growth = Fraction(30 * 18 - 40 * 12, 18 - 12)
    grass = 40 * 12 - 12 * growth
    grass += 6 * (growth - 34)
    days = 6 + grass / (34 - 12 - growth)
    assert days.denominator == 1
    return str(days)


def item_19() -> str:
    """Compare each oncoming departure with the climb from 9:00 to 11:20, in minutes."""
    start, up, down = 9 * 60, 140, 100
    met = 0
    for leaves in range(0, 24 * 60, 15):
        # it starts down before the climb ends and arrives after the climb began
        met += leaves < start + up and leaves + down > start
    return str(met)


def item_20() -> str:
    """Try bus speeds (hers is 1) and intervals until both waiting times fit."""
    fits = set()
    for tenth in range(11, 100):
        speed = Fraction(tenth, 10)
        for interval in range(1, 37):
            gap = speed * interval
            if gap / (speed - 1) == 18 and gap / (speed + 1) == 9:
                fits.add(interval)
    assert len(fits) == 1
    return str(fits.pop())


def item_21() -> str:
    """Form all 945 pairings and count the crossings of each."""

    def pairings(left: tuple[int, ...]) -> list[list[tuple[int, int]]]:
        if not left:
            return [[]]
        first = left[0]
        made = []
        for k in range(1, len(left)):
            for rest in pairings(left[1:k] + left[k + 1 :]):
                made.append([(first, left[k]), *rest])
        return made

    good = 0
    for pairing in pairings(tuple(range(10))):
        crossings = sum(
            a < c < b < d or c < a < d < b for (a, b), (c, d) in itertools.combinations(pairing, 2)
        )
        good += crossings == 1
    return str(good)


def item_22() -> str:
    """Intersect neighbouring strips exactly and take the area by the shoelace formula."""
    side, cut = Fraction(78), Fraction(52)
    rest = side - cut
    zero = Fraction(0)
    # A (0, 0), B (side, 0), C (side, side), D (0, side)
    strips = [
        ((zero, zero), (side, cut)),
        ((side, zero), (rest, side)),
        ((side, side), (zero, rest)),
        ((zero, side), (cut, zero)),
    ]
    points = []
    for (p, q), (r, s) in zip(strips, strips[1:] + strips[:1]):
        a1, b1 = q[1] - p[1], p[0] - q[0]
        a2, b2 = s[1] - r[1], r[0] - s[0]
        c1, c2 = a1 * p[0] + b1 * p[1], a2 * r[0] + b2 * r[1]
        det = a1 * b2 - a2 * b1
        points.append(((c1 * b2 - c2 * b1) / det, (a1 * c2 - a2 * c1) / det))
    area = sum((a[0] * b[1] - a[1] * b[0] for a, b in zip(points, points[1:] + points[:1])), zero) / 2
    return str(abs(area))


def item_23() -> str:
    """Write down all different numbers and add them."""
    return str(sum({int("".join(p)) for p in itertools.permutations("13367")}))


def item_24() -> str:
    """Go through all cards up to three metres a side; above that the border is too small a part."""
    areas = []
    for w in range(7, 151):
        for h in range(w, 301):
            if w * h - (w - 6) * (h - 6) == 2 * (w - 6) * (h - 6):
                areas.append(w * h)
    return str(max(areas))


def item_25() -> str:
    """Take all moments with the hands a quarter turn apart and keep those from 7:00 to 17:30."""
    rings = 0
    for quarter in range(200):
        # the minute hand gains 11/2 degrees a minute on the hour hand, both at twelve at midnight
        moment = Fraction(90 + 180 * quarter) * Fraction(2, 11)
        rings += 7 * 60 <= moment <= 17 * 60 + 30
    return str(rings)


def twin_02() -> str:
    """Rows times columns."""
    return str((630 // 30) * (810 // 45))


def twin_09() -> str:
    """Run the shortened script."""
    total = 0
    for a in range(1, 4):
        for b in range(a + 1, 4):
            total += b - a
    return str(total)


def twin_15() -> str:
    """Write down every strand of six letters."""
    return str(len(set(itertools.product("ACGT", repeat=6))))


def twin_23() -> str:
    """Add the largest and the smallest arrangement."""
    numbers = {int("".join(p)) for p in itertools.permutations("13367")}
    return str(max(numbers) + min(numbers))
