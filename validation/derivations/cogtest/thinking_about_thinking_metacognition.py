"""Derivations of the answers to the metacognition problems of CogTest."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportUnnecessaryContains=false

from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement, pairwise, permutations, product
from math import ceil


def _fits(pieces: list[int], bins: list[int]) -> bool:
    """Whether all pieces (longest first) can be cut from the given lengths."""

    @cache
    def rec(i: int, left: tuple[int, ...]) -> bool:
        if i == len(pieces):
            return True
        for j, room in enumerate(left):
            if room >= pieces[i] and (j == 0 or left[j - 1] != room):
                rest = sorted(left[:j] + (room - pieces[i],) + left[j + 1 :])
                if rec(i + 1, tuple(rest)):
                    return True
        return False

    return rec(0, tuple(sorted(bins)))


def item_01() -> str:
    """Fewest 6 m lengths for the cut list, then the longest single offcut, by search in units of 10 cm."""
    pieces = [31] * 4 + [21] * 5 + [19] * 5 + [14] * 5
    number = ceil(sum(pieces) / 60)
    while not _fits(pieces, [60] * number):
        number += 1
    spare = 60 * number - sum(pieces)
    for off in range(min(spare, 60), -1, -1):
        if _fits(pieces, [60] * (number - 1) + [60 - off]):
            return f"{number} lengths, {off * 10} cm"
    raise AssertionError


def _makespan(order: tuple[tuple[int, int], ...]) -> int:
    """Finishing time of a two-stage line without pauses at the first stage."""
    board = ring = 0
    for chop, simmer in order:
        board += chop
        ring = max(ring, board) + simmer
    return ring


_DISHES = ((7, 9), (5, 12), (10, 4), (6, 6), (3, 8))


def item_02() -> str:
    """Number of the 120 orders that reach the shortest finishing time."""
    times = Counter(_makespan(p) for p in permutations(_DISHES))
    return str(times[min(times)])


def twin_02() -> str:
    """All board work first, then all ring work: a plain sum."""
    return f"{sum(a for a, _ in _DISHES) + sum(b for _, b in _DISHES)} minutes"


def item_03() -> str:
    """Mean number of tests over all placements of two positive swabs in three pools of four."""
    total = Fraction(0)
    cases = list(combinations(range(12), 2))
    for pair in cases:
        total += 3 + 4 * len({s // 4 for s in pair})
    mean = total / len(cases)
    return f"{mean.numerator}/{mean.denominator}"


def twin_03() -> str:
    """Pools 1 and 3 are positive: three pool tests and four single tests for each of the two."""
    return str(3 + 4 * len({1, 3}))


def item_04() -> str:
    """Unordered pairs of disjoint panels of three with a solicitor and a surveyor on each."""
    kind = "SSSLLLVVV"
    panels = [set(p) for p in combinations(range(9), 3) if {"S", "V"} <= {kind[i] for i in p}]
    return str(sum(1 for a, b in combinations(panels, 2) if not a & b))


def item_05() -> str:
    """Run the script."""
    cache_list: list[int] = []
    hits = 0
    for n in range(1, 41):
        k = n * n % 11
        if k in cache_list:
            hits += 1
            cache_list.remove(k)
        cache_list.append(k)
        if len(cache_list) > 4:
            cache_list.pop(0)
    return str(hits)


def item_06() -> str:
    """Lists of seven evenings over four children, no repeats in a row, every child present."""
    good = 0
    for week in product(range(4), repeat=7):
        if len(set(week)) == 4 and all(a != b for a, b in pairwise(week)):
            good += 1
    return str(good)


def twin_06() -> str:
    """Every list of seven evenings over four children."""
    return str(sum(1 for _ in product(range(4), repeat=7)))


def _runoff(ballots: list[tuple[str, int]]) -> str:
    """Winner by striking the lowest each round; ties strike the later name."""
    left = sorted({c for b, _ in ballots for c in b})
    while len(left) > 1:
        tally = dict.fromkeys(left, 0)
        for b, n in ballots:
            tally[next(c for c in b if c in tally)] += n
        low = min(tally.values())
        left.remove(max(c for c in left if tally[c] == low))
    return left[0]


def item_07() -> str:
    """Fewest M L K N voters whose absence elects somebody they like better."""
    rest = [("KMNL", 4), ("NLKM", 10), ("MKLN", 8), ("KNLM", 10), ("LNMK", 7)]
    winner = _runoff([("MLKN", 11), *rest])
    for away in range(1, 12):
        new = _runoff([("MLKN", 11 - away), *rest])
        if "MLKN".index(new) < "MLKN".index(winner):
            return str(away)
    raise AssertionError


def item_08() -> str:
    """Probability of a white long-tailed pup given birth, over all parents and gametes."""
    pool: Counter[tuple[str, str]] = Counter()
    for tail in product("Bb", repeat=2):
        for coat in product("Cc", repeat=2):
            t, c = "".join(sorted(tail)), "".join(sorted(coat))
            if t != "BB" and c != "cc":
                pool[t, c] += 1
    size = sum(pool.values())
    born = hit = Fraction(0)
    for (t1, c1), n1 in pool.items():
        for (t2, c2), n2 in pool.items():
            for genes in product(t1, t2, c1, c2):
                w = Fraction(n1 * n2, size * size * 16)
                if genes[:2] != ("B", "B"):
                    born += w
                    if genes == ("b", "b", "c", "c"):
                        hit += w
    answer = hit / born
    return f"{answer.numerator}/{answer.denominator}"


def item_09() -> str:
    """Plantings of the 3 x 3 grid with three crops, three beds each, sides differing."""
    pairs = [(i, i + 1) for i in range(9) if i % 3 < 2] + [(i, i + 3) for i in range(6)]
    count = 0
    for threes in combinations(range(9), 3):
        others = [i for i in range(9) if i not in threes]
        for second in combinations(others, 3):
            bed = [0 if i in threes else 1 if i in second else 2 for i in range(9)]
            count += all(bed[a] != bed[b] for a, b in pairs)
    return str(count)


def _boat(t: Fraction, speed: int, stay: int, from_west: bool) -> Fraction:
    """Distance from the west pier in km at t minutes."""
    leg = Fraction(12 * 60, speed)
    t %= 2 * (leg + stay)
    if t <= leg:
        x = t * speed / 60
    elif t <= leg + stay:
        x = Fraction(12)
    elif t <= 2 * leg + stay:
        x = 12 - (t - leg - stay) * speed / 60
    else:
        x = Fraction(0)
    return x if from_west else 12 - x


def item_10() -> str:
    """Third moment at which the two boats are level, piece by piece."""
    marks: set[Fraction] = set()
    for speed, stay in ((20, 6), (12, 10)):
        leg = Fraction(720, speed)
        t = Fraction(0)
        while t < 300:
            marks |= {t, t + leg}
            t += leg + stay
    levels = []
    points = sorted(marks)
    for a, b in pairwise(points):
        fa = _boat(a, 20, 6, True) - _boat(a, 12, 10, False)
        fb = _boat(b, 20, 6, True) - _boat(b, 12, 10, False)
        if fa == 0:
            levels.append(a)
        elif fa * fb < 0:
            levels.append(a + (b - a) * fa / (fa - fb))
    third = levels[2]
    assert third.denominator == 1
    minutes = 8 * 60 + int(third)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def twin_10() -> str:
    """One boat alone: 36-minute crossings with stays of 6 minutes, start of the fourth crossing."""
    clock = 8 * 60
    for _ in range(3):
        clock += 720 // 20 + 6
    return f"{clock // 60:02d}:{clock % 60:02d}"


def item_11() -> str:
    """Beats on which two, and only two, of the three instruments sound."""
    starts = (set(range(5, 481, 16)), set(range(1, 481, 12)), set(range(9, 481, 10)))
    return str(sum(1 for b in range(1, 481) if sum(b in s for s in starts) == 2))


def item_12() -> str:
    """Lists of seven marks with the given mean, median, mode and spread."""
    count = 0
    for low in range(13):
        for mid in combinations_with_replacement(range(low, low + 9), 5):
            marks = (low, *mid, low + 8)
            if sum(marks) == 98 and marks[3] == 15:
                (value, n), *others = Counter(marks).most_common()
                count += value == 17 and all(m < n for _, m in others)
    return str(count)


def item_13() -> str:
    """Pairs of courses of 20 cm and 30 cm blocks over 200 cm without aligned joints."""
    courses: list[frozenset[int]] = []

    def lay(end: int, joints: tuple[int, ...]) -> None:
        for block in (2, 3):
            if end + block == 20:
                courses.append(frozenset(joints))
            elif end + block < 20:
                lay(end + block, (*joints, end + block))

    lay(0, ())
    return str(sum(1 for a in courses for b in courses if not a & b))


def item_14() -> str:
    """Cups of vinegar in the tall jar after two rounds of moving three cups there and back."""
    tall, wide = [Fraction(9), Fraction(0)], [Fraction(0), Fraction(6)]
    for _ in range(2):
        for src, dst in ((tall, wide), (wide, tall)):
            size = sum(src)
            moved = [part * 3 / size for part in src]
            for i in range(2):
                src[i] -= moved[i]
                dst[i] += moved[i]
    return f"{tall[0].numerator}/{tall[0].denominator}"


def item_15() -> str:
    """Smallest crew with four-day runs that covers the week."""
    need = (5, 5, 6, 2, 6, 6, 2)
    runs = [tuple((d - s) % 7 < 4 for d in range(7)) for s in range(7)]
    number = ceil(sum(need) / 4)
    while True:
        for crew in combinations_with_replacement(runs, number):
            if all(sum(col) >= n for col, n in zip(zip(*crew), need)):
                return str(number)
        number += 1


def item_16() -> str:
    """Shortest build with two workers, by branch and bound over all active schedules."""
    dur = {"A": 8, "B": 3, "C": 10, "D": 4, "E": 3, "F": 7, "G": 8, "H": 9}
    after = {"B": "A", "C": "B", "E": "CD", "F": "B", "H": "G"}
    best = sum(dur.values())

    def rec(done: dict[str, int], free: tuple[int, int]) -> None:
        nonlocal best
        if len(done) == len(dur):
            best = min(best, max(done.values()))
            return
        for job, time in dur.items():
            if job in done or any(p not in done for p in after.get(job, "")):
                continue
            ready = max((done[p] for p in after.get(job, "")), default=0)
            for i in range(2):
                end = max(ready, free[i]) + time
                if end < best:
                    rec({**done, job: end}, (end, free[1 - i]))

    rec({}, (0, 0))
    return f"{best} minutes"


def _remainders(votes: list[int], seats: int) -> list[int]:
    """Seats by the largest-remainder rule; no tie at the margin."""
    total = sum(votes)
    got = [v * seats // total for v in votes]
    rest = sorted(range(len(votes)), key=lambda i: -(votes[i] * seats % total))
    left = seats - sum(got)
    if left:
        assert votes[rest[left - 1]] * seats % total != votes[rest[left]] * seats % total
    for i in rest[:left]:
        got[i] += 1
    return got


def item_17() -> str:
    """The one size from 12 to 18 at which one more seat costs a list a seat."""
    votes = [3300, 2700, 2100, 1200]
    found = []
    for size in range(12, 19):
        now, then = _remainders(votes, size), _remainders(votes, size + 1)
        found += [(size, votes[i]) for i in range(4) if then[i] < now[i]]
    ((size, loser),) = found
    return f"{size} seats; the list with {loser:,} votes"


def item_18() -> str:
    """Expected number of middle corners never visited, from the exact linear equations."""
    # State (at_top, k): k middle corners visited so far; in the middle the current one counts.
    # top(k) = (k * mid(k) + (4 - k) * mid(k + 1)) / 4
    # mid(k) = top(k)/4 + bottom(4 - k)/4 + sum over the two neighbours on the ring; which of them have been
    # visited depends on the set, so the full state is (corner, visited set).
    states = [("T", v) for v in range(16)] + [(m, v) for v in range(16) for m in range(4) if v >> m & 1]
    index = {s: i for i, s in enumerate(states)}
    n = len(states)
    rows: list[list[Fraction]] = []
    for place, seen in states:
        row = [Fraction(0)] * (n + 1)
        row[index[place, seen]] += 1
        if place == "T":
            for m in range(4):
                row[index[m, seen | 1 << m]] -= Fraction(1, 4)
        else:
            assert isinstance(place, int)
            row[index["T", seen]] -= Fraction(1, 4)
            for m in ((place + 1) % 4, (place - 1) % 4):
                row[index[m, seen | 1 << m]] -= Fraction(1, 4)
            row[n] += Fraction(4 - seen.bit_count(), 4)
        rows.append(row)
    for c in range(n):
        p = next(r for r in range(c, n) if rows[r][c] != 0)
        rows[c], rows[p] = rows[p], rows[c]
        lead = rows[c][c]
        rows[c] = [x / lead for x in rows[c]]
        for r in range(n):
            factor = rows[r][c]
            if r != c and factor != 0:
                rows[r] = [x - factor * y if y else x for x, y in zip(rows[r], rows[c])]
    answer = rows[index["T", 0]][n]
    return f"{answer.numerator}/{answer.denominator}"


def item_19() -> str:
    """Grid points strictly inside the triangle, then trays of 24."""
    p = ((0, 0), (21, 9), (6, 30))
    inside = 0
    for x in range(22):
        for y in range(31):
            signs = []
            for (x1, y1), (x2, y2) in zip(p, p[1:] + p[:1]):
                signs.append((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1))
            inside += all(s > 0 for s in signs) or all(s < 0 for s in signs)
    trays = -(-inside // 24)
    return f"{trays} trays, {trays * 24 - inside} left over"


def item_20() -> str:
    """Delay in minutes, followed along the bank in km from the place of the loss."""
    up, down, flow = Fraction(15, 60), Fraction(21, 60), Fraction(3, 60)
    boat = 20 * up - 4 * flow
    crate = -24 * flow
    chase = (boat - crate) / (down - flow)
    place = boat - chase * down
    place -= 4 * flow
    back = -place / up
    delay = 20 + 4 + chase + 4 + back
    return f"{float(delay)} minutes"


def item_21() -> str:
    """Squares of nine fields with four indigo ones, up to turning."""
    turn = [6, 3, 0, 7, 4, 1, 8, 5, 2]
    seen = set()
    for four in combinations(range(9), 4):
        forms = []
        fields = frozenset(four)
        for _ in range(4):
            fields = frozenset(turn[i] for i in fields)
            forms.append(tuple(sorted(fields)))
        seen.add(min(forms))
    return str(len(seen))


def item_22() -> str:
    """Outcomes of the six matches that give 6, 4, 4 and 3 points."""
    games = list(combinations(range(4), 2))
    count = 0
    for results in product(((3, 0), (1, 1), (0, 3)), repeat=6):
        points = [0] * 4
        for (i, j), (a, b) in zip(games, results):
            points[i] += a
            points[j] += b
        count += points == [6, 4, 4, 3]
    return str(count)


def item_23() -> str:
    """Ways up thirteen steps in strides of 1 to 3, no two strides in a row alike."""

    @cache
    def ways(left: int, last: int) -> int:
        if left == 0:
            return 1
        return sum(ways(left - s, s) for s in (1, 2, 3) if s != last and s <= left)

    return str(ways(13, 0))


def item_24() -> str:
    """Orders of the six deeds that agree with the four notes."""
    count = 0
    for order in permutations(("sale", "mortgage", "lease", "caveat", "discharge", "transfer")):
        at = {deed: i for i, deed in enumerate(order)}
        count += (
            at["mortgage"] < at["discharge"]
            and abs(at["caveat"] - at["lease"]) == 1
            and 0 < at["transfer"] < 5
            and at["sale"] < min(at["transfer"], at["mortgage"])
        )
    return str(count)


def item_25() -> str:
    """Earliest return over all rounds that keep both deadlines."""
    table = [
        [0, 4, 4, 7, 5, 8],
        [4, 0, 5, 10, 9, 7],
        [4, 5, 0, 11, 8, 10],
        [7, 10, 11, 0, 6, 4],
        [5, 9, 8, 6, 0, 10],
        [8, 7, 10, 4, 10, 0],
    ]
    limit = {2: 24, 4: 32}
    best = 10**6
    for tour in permutations(range(1, 6)):
        clock = at = 0
        for stop in tour:
            clock += table[at][stop]
            if clock > limit.get(stop, 10**6):
                break
            clock += 3
            at = stop
        else:
            best = min(best, clock + table[at][0])
    return f"{best} minutes"
