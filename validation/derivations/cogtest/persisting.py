"""Derivations of the answers to the CogTest problems of the habit `persisting`."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportUnnecessaryContains=false

from __future__ import annotations

import itertools
import math
from collections import deque
from fractions import Fraction


def _close(a: float, b: float) -> bool:
    """Tell whether two lengths agree to nine places."""
    return abs(a - b) < 1e-9


def item_01() -> str:
    """Try every conduit radius in tenths of a millimetre against both sides of the pair."""
    big, first, second = 40.0, 24.0, 15.0
    ax = big - first
    # second pipe: distance big - second from the centre, first + second from the first pipe
    d, e = big - second, first + second
    bx = (ax * ax + d * d - e * e) / (2 * ax)
    by = math.sqrt(d * d - bx * bx)
    found: list[Fraction] = []
    for tenth in range(1, 400):
        r = tenth / 10
        p, q = big - r, first + r
        x = (ax * ax + p * p - q * q) / (2 * ax)
        if p * p < x * x:
            continue
        for y in (math.sqrt(p * p - x * x), -math.sqrt(p * p - x * x)):
            if _close(math.hypot(x - bx, y - by), second + r):
                found.append(Fraction(tenth, 10))
    found.sort(reverse=True)
    return " and ".join(f"{r} mm" for r in found)


def item_02() -> str:
    """Build all series and parallel networks of up to seven elements."""
    made: dict[int, set[Fraction]] = {1: {Fraction(12)}}
    for n in range(1, 8):
        if n > 1:
            made[n] = set()
            for k in range(1, n // 2 + 1):
                for x in made[k]:
                    for y in made[n - k]:
                        made[n] |= {x + y, x * y / (x + y)}
        if Fraction(14) in made[n]:
            return str(n)
    raise ValueError("14 ohms can't be made")


def item_03() -> str:
    """Search the states of the three pots breadth first."""
    size = (19, 11, 7)
    start = (19, 0, 0)
    steps = {start: 0}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if 6 in state:
            return str(steps[state])
        for i, j in itertools.permutations(range(3), 2):
            move = min(state[i], size[j] - state[j])
            if move:
                new = list(state)
                new[i] -= move
                new[j] += move
                key = (new[0], new[1], new[2])
                if key not in steps:
                    steps[key] = steps[state] + 1
                    queue.append(key)
    raise ValueError("6 litres can't be reached")


def item_04() -> str:
    """Work out, for every number of pieces left and every last move, which moves win."""
    moves, pieces = (1, 3, 4), 29
    # wins[n][last]: the moves after which the other player, barred from repeating, is lost
    wins: list[dict[int, list[int]]] = []
    for n in range(pieces + 1):
        good = [m for m in moves if m <= n and not wins[n - m][m]]
        wins.append({last: [m for m in good if m != last] for last in (0, *moves)})
    assert len(wins[pieces][0]) == 1
    return str(wins[pieces][0][0])


def item_05() -> str:
    """List the rings of two and three and pick disjoint ones for the most couples."""
    suits = {"A": "H", "B": "GI", "C": "G", "D": "CI", "E": "GI", "F": "A", "G": "D", "H": "BCFI", "I": "AEG"}
    rings: set[frozenset[str]] = set()
    for size in (2, 3):
        for ring in itertools.permutations(suits, size):
            if all(b in suits[a] for a, b in zip(ring, ring[1:] + ring[:1])):
                rings.add(frozenset(ring))
    listed = sorted(rings, key=sorted)

    def most(start: int, used: frozenset[str]) -> int:
        best = len(used)
        for k in range(start, len(listed)):
            if not used & listed[k]:
                best = max(best, most(k + 1, used | listed[k]))
        return best

    return str(most(0, frozenset()))


def item_06() -> str:
    """Try ever more marks between the ends of the strip until all lengths can be measured."""
    wanted = set(range(1, 14))
    for marks in range(13):
        for places in itertools.combinations(range(1, 13), marks):
            points = (0, *places, 13)
            if {b - a for a, b in itertools.combinations(points, 2)} == wanted:
                return str(marks)
    raise ValueError("no strip")


def item_07() -> str:
    """Try all orders of the five witnesses against the five half-true memories."""
    names = ["pilot", "glazier", "banker", "porter", "tanner"]
    memories = [
        (("tanner", 4), ("glazier", 3)),
        (("banker", 5), ("glazier", 1)),
        (("pilot", 5), ("porter", 4)),
        (("banker", 2), ("porter", 1)),
        (("tanner", 5), ("porter", 3)),
    ]
    fits = []
    for order in itertools.permutations(names):
        if all((order[i - 1] == a) != (order[j - 1] == b) for (a, i), (b, j) in memories):
            fits.append(order)
    assert len(fits) == 1
    return ", ".join(fits[0])


def item_08() -> str:
    """Solve the quadratic for the square of the side and keep the root with the well inside."""
    a2, b2, c2 = 17**2, 24**2, 25**2
    # corner b at the origin, a at (s, 0), c at (0, s): 2sx = b2 - a2 + s2, 2sy = b2 - c2 + s2, x2 + y2 = b2
    inside = []
    for t in range(1, 4 * c2):
        p, q = b2 - a2 + t, b2 - c2 + t
        if p * p + q * q == 4 * t * b2 and 0 < p < 2 * t and 0 < q < 2 * t:
            inside.append(t)
    assert len(inside) == 1
    # the quadratic has two roots; the other one is a whole number too and puts the well outside
    return str(inside[0])


def item_09() -> str:
    """Find where the values start to repeat and jump ahead by whole cycles."""
    seen: dict[int, int] = {}
    values: list[int] = []
    x = 2
    while x not in seen:
        seen[x] = len(values)
        values.append(x)
        x = (x * x + 7) % 211
    start, length = seen[x], len(values) - seen[x]
    return str(values[start + (1_000_000 - start) % length])


def item_10() -> str:
    """Build the names letter by letter, counting them by their last three letters."""
    ways = {"".join(start): 1 for start in itertools.product("AB", repeat=3)}
    for _ in range(14 - 3):
        longer = dict.fromkeys(ways, 0)
        for end, count in ways.items():
            for letter in "AB":
                if end + letter not in ("ABBA", "BAAB"):
                    longer[end[1:] + letter] += count
        ways = longer
    return str(sum(ways.values()))


def item_11() -> str:
    """Test every code with four different digits against the log."""
    log = [("4956", 0, 1), ("9573", 0, 1), ("1237", 1, 0), ("3968", 1, 0)]
    fits = []
    for digits in itertools.permutations("0123456789", 4):
        ok = True
        for tried, green, amber in log:
            g = sum(a == b for a, b in zip(digits, tried))
            if g != green or len(set(digits) & set(tried)) - g != amber:
                ok = False
                break
        if ok:
            fits.append("".join(digits))
    assert len(fits) == 1
    return fits[0]


def item_12() -> str:
    """Try heights in centimetres: the foot follows from the lid's edge, the length must be 350 cm."""
    box, length = 120, 350
    heights = []
    for top in range(box + 1, length):
        foot = Fraction(box * top, top - box)  # the line from (foot, 0) to (0, top) runs through (box, box)
        if foot * foot + top * top == length * length:
            heights.append(top)
    return str(max(heights) / 100)


def item_13() -> str:
    """Raise the divisor from 1 until the rounded results add up to 21."""
    votes = [7298, 7102, 5115, 2770, 2248, 1024, 629]
    divisor = 1
    while sum((2 * v + divisor) // (2 * divisor) for v in votes) != 21:
        divisor += 1
    return str(divisor)


def item_14() -> str:
    """Count the runs from the depot by the junction reached and the set of streets already driven."""
    streets = (
        "Depot-Abbey Depot-Cross Depot-Mart Abbey-Cross Cross-Mart Cross-Bridge "
        "Mart-Bridge Mart-Quay Bridge-Quay Bridge-Shore Quay-Shore"
    )
    ends = [tuple(street.split("-")) for street in streets.split()]
    ways = {("Depot", frozenset[int]()): 1}
    for _ in ends:
        longer: dict[tuple[str, frozenset[int]], int] = {}
        for (place, driven), count in ways.items():
            for i, (a, b) in enumerate(ends):
                if i not in driven and place in (a, b):
                    key = (b if place == a else a, driven | {i})
                    longer[key] = longer.get(key, 0) + count
        ways = longer
    return str(sum(ways.values()))


def _null_vector(rows: list[list[int]]) -> list[Fraction]:
    """Return a vector spanning the null space of a matrix of nullity one."""
    m = [[Fraction(x) for x in row] for row in rows]
    width = len(m[0])
    pivots: list[int] = []
    r = 0
    for c in range(width):
        p: int | None = next((i for i in range(r, len(m)) if m[i][c]), None)
        if p is None:
            continue
        m[r], m[p] = m[p], m[r]
        m[r] = [x / m[r][c] for x in m[r]]
        for i in range(len(m)):
            if i != r and m[i][c]:
                m[i] = [x - m[i][c] * y for x, y in zip(m[i], m[r])]
        pivots.append(c)
        r += 1
    free = [c for c in range(width) if c not in pivots]
    assert len(free) == 1
    vector = [Fraction(0)] * width
    vector[free[0]] = Fraction(1)
    for i, c in enumerate(pivots):
        vector[c] = -m[i][free[0]]
    return vector


def item_15() -> str:
    """Balance the equation through the null space of the atom matrix."""
    left = [{"Cu": 1, "S": 1, "C": 1, "N": 1}, {"K": 1, "I": 1, "O": 3}, {"H": 1, "Cl": 1}]
    right = [
        {"Cu": 1, "S": 1, "O": 4},
        {"K": 1, "Cl": 1},
        {"H": 1, "C": 1, "N": 1},
        {"I": 1, "Cl": 1},
        {"H": 2, "O": 1},
    ]
    atoms = sorted({a for part in left + right for a in part})
    rows = [[p.get(a, 0) for p in left] + [-p.get(a, 0) for p in right] for a in atoms]
    vector = _null_vector(rows)
    scale = math.lcm(*(x.denominator for x in vector))
    whole = [int(x * scale) for x in vector]
    shared = math.gcd(*whole)
    whole = [x // shared for x in whole]
    assert all(x > 0 for x in whole)
    return str(sum(whole))


def item_16() -> str:
    """Join the six reads in every order with the largest overlaps of neighbours."""
    reads = ["CTGCAC", "CGACCA", "GCACCA", "AGAGGC", "AGGCGA", "ACCAGA"]

    def overlap(a: str, b: str) -> int:
        return max(k for k in range(6) if a[6 - k :] == b[:k])

    shared = {(a, b): overlap(a, b) for a in reads for b in reads if a != b}
    best = 36
    for order in itertools.permutations(reads):
        best = min(best, 36 - sum(shared[a, b] for a, b in itertools.pairwise(order)))
    return str(best)


def item_17() -> str:
    """For each corner, find the shortest chord that cuts off half of the area."""
    sides = (130, 140, 150)
    lengths = []
    for i in range(3):
        opposite = sides[i]
        p, q = (sides[j] for j in range(3) if j != i)
        cosine = Fraction(p * p + q * q - opposite * opposite, 2 * p * q)
        product = Fraction(p * q, 2)
        # chord^2 = x^2 + y^2 - 2xy cos with xy fixed: least at x = y, provided x fits on both sides
        assert product <= p * p
        assert product <= q * q
        lengths.append(2 * product * (1 - cosine))
    least = min(lengths)
    assert least.denominator == 1
    return str(least)


def item_18() -> str:
    """Try every triangular number between a thousand and a hundred thousand."""
    fits = []
    for n in range(1, 500):
        pods = n * (n + 1) // 2
        if 1000 < pods < 100000 and math.isqrt(pods - 1) ** 2 == pods - 1:
            fits.append(pods)
    assert len(fits) == 1
    return str(fits[0])


def item_19() -> str:
    """List all ways of loading three equal trailers and name the companions of the heaviest crate."""
    crates = (218, 207, 168, 157, 135, 80, 72, 70, 63, 45)
    share = sum(crates) // 3
    ways = []
    for size in range(len(crates)):
        for mates in itertools.combinations(crates[1:], size):
            if crates[0] + sum(mates) != share:
                continue
            left = [c for c in crates[1:] if c not in mates]
            for other in range(1, len(left)):
                for load in itertools.combinations(left, other):
                    if left[0] in load and sum(load) == share:
                        ways.append(mates)
    assert len(ways) == 1
    return ", ".join(str(c) for c in ways[0])


def item_20() -> str:
    """Solve the linear equations for the expected number of rides."""
    sections = ["AB", "AC", "BC", "BD", "CD", "CE", "DF", "EH"]
    stops = "ABCDEF"
    near = {s: [e.replace(s, "") for e in sections if s in e] for s in stops}
    # deg * E(s) - sum of E(neighbours) = deg, as a null vector with a last column for the constant
    rows = []
    for s in stops:
        row = [0] * 7
        row[stops.index(s)] = len(near[s])
        for other in near[s]:
            if other != "H":
                row[stops.index(other)] -= 1
        row[6] = -len(near[s])
        rows.append(row)
    vector = _null_vector(rows)
    return str(vector[0] / vector[6])


def item_21() -> str:
    """Lay out all rows of the eight beads and merge those that turn or flip into each other."""
    seen: set[str] = set()
    designs = 0
    for blue in itertools.combinations(range(8), 4):
        rest = [i for i in range(8) if i not in blue]
        for white in itertools.combinations(rest, 2):
            row = "".join("b" if i in blue else "w" if i in white else "o" for i in range(8))
            if row in seen:
                continue
            designs += 1
            for k in range(8):
                turned = row[k:] + row[:k]
                seen |= {turned, turned[::-1]}
    return str(designs)


def item_22() -> str:
    """Add the thirty pauses as exact fractions."""
    return str(sum((Fraction(k + 3, k * (k + 1) * (k + 2)) for k in range(1, 31)), Fraction(0)))


def item_23() -> str:
    """Try to fit the seven subjects into one, two, three, ... sessions."""
    clash = (
        "maths-history maths-physics history-physics history-music physics-music maths-French maths-biology "
        "French-biology French-Arabic biology-Arabic music-Arabic"
    )
    pairs = [tuple(p.split("-")) for p in clash.split()]
    subjects = sorted({s for p in pairs for s in p})
    assert len(subjects) == 7
    for sessions in range(1, 8):
        for plan in itertools.product(range(sessions), repeat=7):
            held = dict(zip(subjects, plan))
            if all(held[a] != held[b] for a, b in pairs):
                return str(sessions)
    raise ValueError("no plan")


def item_24() -> str:
    """Assign digits column by column, from the right, and collect all solutions."""
    found: list[str] = []
    columns = [("E", "K", "R"), ("K", "L", "E"), ("A", "A", "L"), ("L", "H", "U"), ("", "C", "R")]

    def work(i: int, carry: int, digit: dict[str, int]) -> None:
        if i == len(columns):
            if carry == 0:
                found.append("".join(str(digit[ch]) for ch in "RULER"))
            return
        letters = [ch for ch in dict.fromkeys(columns[i]) if ch and ch not in digit]
        free = [d for d in range(10) if d not in digit.values()]
        for pick in itertools.permutations(free, len(letters)):
            new = {**digit, **dict(zip(letters, pick))}
            if any(new.get(ch) == 0 for ch in "LCR"):
                continue
            a, b, c = (new[ch] if ch else 0 for ch in columns[i])
            if (a + b + carry) % 10 == c:
                work(i + 1, (a + b + carry) // 10, new)

    work(0, 0, {})
    assert len(found) == 1
    return found[0]


def item_25() -> str:
    """Raise the largest denominator until two smaller different ones complete 4/17."""
    share = Fraction(4, 17)
    largest = 3
    while True:
        for middle in range(2, largest):
            rest = share - Fraction(1, largest) - Fraction(1, middle)
            if rest > 0 and rest.numerator == 1 and rest.denominator < middle:
                return str(largest)
        largest += 1


def twin_02() -> str:
    """Count equal elements in parallel until 4 ohms are reached."""
    return str(next(n for n in range(1, 8) if Fraction(12, n) == 4))


def twin_06() -> str:
    """Count the inner whole centimetres without the two long marks."""
    return str(sum(place not in (5, 10) for place in range(1, 13)))


def twin_09() -> str:
    """Run the four passes."""
    x = 2
    for _ in range(4):
        x = (x * x + 7) % 211
    return str(x)


def twin_17() -> str:
    """Find the foot on the 150 m hedge that leaves equal areas on both sides."""
    for foot in range(1, 150):
        if foot == 150 - foot:  # triangles of equal height over the two parts of the hedge
            return str(foot)
    raise ValueError("no foot")
