"""Derivations of the answers to the accuracy problems of CogTest."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor


def _half_up(value: Fraction, places: int = 0) -> str:
    """Decimal string of a fraction, rounded half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _steps(first: int, last: int, step: int) -> int:
    """Number of marks from first to last, both included."""
    return len(range(first, last + 1, step))


def item_01() -> str:
    """Screws on all battens of both slopes, in bags of 50; lengths in cm."""
    battens = _steps(0, 540, 90)
    screws = 2 * battens * _steps(12, 960 - 12, 24)
    return f"{ceil(Fraction(screws, 50))} bags"


def item_02() -> str:
    """Five imperial quarts into jars filled with 14 US fluid ounces; hundredths of a ml."""
    cider, jar = 5 * 40 * 2841, 14 * 2957
    jars = ceil(Fraction(cider, jar))
    last = Fraction(cider - (jars - 1) * jar, 100)
    return f"{jars} jars, {_half_up(last)} ml in the last"


def twin_02() -> str:
    """Plain division of 6,000 ml into jars of 400 ml."""
    assert 6000 % 400 == 0
    return f"{6000 // 400} jars"


def item_03() -> str:
    """Drops gone by the change of rate, then the time for those that are left."""
    clock = datetime(2024, 5, 1, 22, 50)
    change = datetime(2024, 5, 2, 1, 20)
    drops = 500 * 20
    minutes = Fraction((change - clock).seconds, 60)
    rest = (drops - 25 * minutes) / 40
    end = change + timedelta(seconds=float(rest * 60))
    return end.strftime("%H:%M:%S")


def item_04() -> str:
    """Walk the calendar: service, fourteen clear days, first sitting day."""
    day, working = date(2024, 2, 15), 0
    while working < 2:
        day += timedelta(days=1)
        working += day.weekday() < 5
    clear = 0
    while clear < 14:
        day += timedelta(days=1)
        clear += 1
    day += timedelta(days=1)
    while day.weekday() not in (1, 4):
        day += timedelta(days=1)
    return day.strftime("%A %-d %B %Y")


def item_05() -> str:
    """Fill pages with whole records and add up what stays empty."""
    pages, room = 0, 0
    for _ in range(10_000):
        if room < 37:
            pages += 1
            room = 4096 - 24
        room -= 37
    return f"{pages * 4096 - pages * 24 - 10_000 * 37} bytes"


def twin_05() -> str:
    """Ninety full pages of 110 records: 2 spare bytes on each."""
    return f"{90 * (4096 - 24 - 110 * 37)} bytes"


def item_06() -> str:
    """Charge unit by unit over two months, in exact fractions of a rupee."""
    total = Fraction(0)
    for unit in range(1, 18_799 - 18_462 + 1):
        band = min((unit - 1) // 100, 3)
        total += Fraction((335, 425, 535, 720)[band], 100)
    total *= Fraction(110, 100)
    total += 2 * 55 + 2 * 6 * Fraction(118, 100)
    return f"{_half_up(total)} rupees"


def _tenth(part: int, whole: int) -> int:
    """Share in tenths of a per cent, half up."""
    return (2000 * part + whole) // (2 * whole)


def item_07() -> str:
    """Smallest total whose three shares round to the published ones."""
    total = 1
    while True:
        for yes in range(total + 1):
            if _tenth(yes, total) == 568:
                for no in range(total - yes + 1):
                    if _tenth(no, total) == 284 and _tenth(total - yes - no, total) == 147:
                        return str(total)
        total += 1


def item_08() -> str:
    """Overflow in cubic metres over pump rate in cubic metres an hour."""
    rain = Fraction(46, 1000)
    volume = 610 + 32_000 * rain * Fraction(55, 100) + 900 * rain - 1250
    seconds = volume * 1000 / Fraction(5, 2)
    assert seconds.denominator == 1
    s = int(seconds)
    return f"{s // 3600} h {s // 60 % 60} min {s % 60} s"


def item_09() -> str:
    """Urea for 2.5 acres in whole bags, and what stays over."""
    hectares = Fraction(5, 2) * Fraction(4047, 10_000)
    urea = hectares * 92 / Fraction(46, 100)
    bags = ceil(urea / 50)
    return f"{bags} bags, {float(bags * 50 - urea):.2f} kg left over"


def twin_09() -> str:
    """Two hectares at 200 kg of urea: whole bags without remainder."""
    assert 2 * 200 % 50 == 0
    return f"{2 * 200 // 50} bags"


def item_10() -> str:
    """Both clock times in UTC, stops taken off."""
    start = datetime(2024, 11, 1, 22, 30, tzinfo=timezone(timedelta(hours=-5)))
    end = datetime(2024, 11, 3, 7, 0, tzinfo=timezone(timedelta(hours=-8)))
    gone = end.astimezone(UTC) - start.astimezone(UTC) - timedelta(hours=4, minutes=15)
    speed = Fraction(2500 * 3600, int(gone.total_seconds()))
    assert speed.denominator == 1
    return f"{speed} km/h"


def item_11() -> str:
    """Frame numbers of both ends at 25 a second, shown at 24 a second."""
    first = (2 * 60 + 14) * 25 + 19
    last = (3 * 60 + 5) * 25 + 7
    frames = len(range(first, last + 1))
    return f"{frames // 24} s and {frames % 24} frames"


def item_12() -> str:
    """Count the digits of every number stamped, twice each."""
    return str(2 * sum(len(str(n)) for n in range(96, 1105) if not 613 <= n <= 640))


def twin_12() -> str:
    """Two hundred three-digit numbers, stamped twice."""
    return str(2 * sum(len(str(n)) for n in range(300, 500)))


def item_13() -> str:
    """Trapezium in links, acres of 100,000 square links, price in pounds."""
    area = Fraction((735 + 905) * 1208, 2)
    return f"£{float(area / 100_000 * 6400):,.2f}"


def item_14() -> str:
    """Batch by batch from 05:40:00."""
    clock = datetime(2024, 1, 1, 5, 40)
    batches = 90 // 3
    for b in range(1, batches + 1):
        clock += timedelta(seconds=70)
        if b < batches:
            clock += timedelta(seconds=90 if b % 10 == 0 else 20)
    return clock.strftime("%H:%M:%S")


def item_15() -> str:
    """Doses by day, an opened vial usable that day and the next calendar day."""
    sessions = {0: 14, 1: 7, 3: 23, 4: 9, 5: 11}
    vials, thrown = 0, 0
    stock: list[list[int]] = []  # [day of opening, doses]
    for day in range(8):
        thrown += sum(d for opened, d in stock if day > opened + 1)
        stock = [v for v in stock if day <= v[0] + 1 and v[1]]
        for _ in range(sessions.get(day, 0)):
            if not any(v[1] for v in stock):
                stock.append([day, 10])
                vials += 1
            next(v for v in stock if v[1])[1] -= 1
    return f"{vials} vials, {thrown} doses"


def item_16() -> str:
    """Bits to send over bits a second, to the nearest second."""
    seconds = int(_half_up(Fraction(3 * 2**30 * 8 * 108, 100 * 20_000_000)))
    return f"{seconds // 60} min {seconds % 60} s"


def item_17() -> str:
    """Whole repeats a drop, whole drops a roll, whole widths round the room; lengths in cm."""
    drop = ceil(Fraction(247 + 10, 64)) * 64
    each = floor(Fraction(1050, drop))
    strips = ceil(Fraction(1460, 53))
    return f"{ceil(Fraction(strips, each))} rolls"


def item_18() -> str:
    """Lamps as a set of places, then watts times hours."""
    loop = {("loop", m) for m in range(0, 1200, 15)}
    path = {("loop", 0) if m == 0 else ("path", m) for m in range(0, 241, 15)}
    hours = Fraction(5 * 60 + 50 + 24 * 60 - (18 * 60 + 40), 60)
    kwh = len(loop | path) * Fraction(18, 1000) * hours * 30
    return f"{float(kwh):.2f} kWh"


def item_19() -> str:
    """Go through the instants one by one."""
    at, end = datetime(2025, 3, 3, 6), datetime(2025, 3, 11, 18)
    gap = (datetime(2025, 3, 7, 2, 6), datetime(2025, 3, 7, 5, 30))
    stored = 0
    while at <= end:
        stored += not gap[0] <= at <= gap[1]
        at += timedelta(minutes=12)
    return f"{stored * 14:,} bytes"


def item_20() -> str:
    """Bushels an acre to kilograms a hectare, dry matter unchanged by drying."""
    wet = Fraction(425, 10) * 50 * Fraction(4536, 10_000) / Fraction(4047, 10_000)
    return f"{int(_half_up(wet * Fraction(888, 915))):,} kg"


def item_21() -> str:
    """True kilometres on both sets of tyres, then litres per 100 km."""
    true = 165 + Fraction(396 - 165) * Fraction(204, 198)
    use = Fraction(50_375, 1000) / true * 100
    return f"{float(use):g} litres per 100 km"


def item_22() -> str:
    """Pixels of the sheet with bleed, rounded up, times four bytes."""
    wide, high = (ceil(Fraction((side + 6) * 300 * 10, 254)) for side in (594, 841))
    return f"{wide * high * 4:,} bytes"


def item_23() -> str:
    """Candidates whose total, rounded once half up, is at least 70."""
    marks = {301: (68, 75, 69), 302: (72, 64, 70), 303: (65, 70, 72), 304: (77, 58, 69), 305: (66, 72, 70)}
    good = []
    for who, (course, field, paper) in marks.items():
        total = Fraction(30 * course + 20 * field + 50 * paper, 100)
        if int(_half_up(total)) >= 70:
            good.append(str(who))
    return " and ".join(good)


def item_24() -> str:
    """Interest day by day, day of judgment out, day of payment in."""
    day, end = date(2024, 1, 20), date(2024, 11, 14)
    interest = Fraction(0)
    while day < end:
        day += timedelta(days=1)
        rate = 12 if day < date(2024, 7, 1) else 14
        interest += Fraction(480_000 * rate, 100 * 365)
    return f"{float(_half_up(interest, 2)):,.2f} shillings"


def item_25() -> str:
    """Daily means above 50 degrees F, in Celsius degrees."""
    days = ((68, 50), (59, 41), (77, 53), (52, 38), (74, 54))
    total = sum((max(Fraction(a + b, 2) - 50, Fraction(0)) for a, b in days), Fraction(0))
    return f"{_half_up(total * Fraction(5, 9), 1)} degree-days"
