"""Joining responses to items by id, whatever the order; what doesn't fit, and what becomes of it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import ResponseError, UsageError
from mensrea.scoring.joining import Joined, JoinFinding, Release, join
from mensrea.scoring.responses import Responses, as_responses, response_format
from mensrea.scoring.verdicts import Reason

IDS = ("toy-b", "toy-a", "toy-c")
RELEASE = Release("toy", "plain", "1.2.0")


def row(ident: str, sample: int = 0, **more: Any) -> dict[str, Any]:
    text = f"{ident} {more.get('probe', '')} {sample}"
    return {
        "dataset": "toy",
        "config": "plain",
        "version": "1.2.0",
        "id": ident,
        "sample": sample,
        "model": "m",
        "text": text,
        **more,
    }


def joined(*rows: dict[str, Any], ids: Any = IDS, **options: Any) -> Joined:
    return join(ids, as_responses(rows), RELEASE, **options)


def found(result: Joined) -> dict[str, JoinFinding]:
    assert len({each.code for each in result.findings}) == len(result.findings)
    for each in result.findings:
        assert "\n" not in str(each)
        assert str(each).startswith(each.code)
    return {each.code: each for each in result.findings}


def texts(result: Joined) -> list[str | None]:
    return result.rows["text"].to_list()


ALL = [row(ident, sample) for ident in IDS for sample in range(2)]


@pytest.mark.parametrize("ids", [IDS, pl.Series(IDS), pa.array(IDS), pa.chunked_array([IDS[:1], IDS[1:]])])
def test_items_give_the_order_and_ids_the_match(ids: Any) -> None:
    shuffled = random.Random(1).sample(ALL, len(ALL))
    result = joined(*shuffled, ids=ids)
    assert result.findings == ()
    assert result.samples == 2
    assert texts(result) == [each["text"] for each in ALL]
    assert result.rows["id"].to_list() == [ident for ident in IDS for _ in range(2)]
    assert result.rows["sample"].to_list() == [0, 1] * 3
    assert result.rows["reason"].null_count() == 6
    others = [each for each in response_format().schema.columns if each not in {"id", "probe", "sample"}]
    assert result.rows.columns == ["id", "probe", "sample", *others, "reason"]


def test_probes_come_in_their_order() -> None:
    rows = [row(ident, probe=probe) for probe in ("second", "first") for ident in reversed(IDS)]
    result = joined(*rows, probes=("first", "second"))
    assert result.findings == ()
    assert result.rows["probe"].to_list() == ["first", "second"] * 3
    assert texts(result) == [f"{ident} {probe} 0" for ident in IDS for probe in ("first", "second")]


def test_what_is_missing_has_a_row_and_a_reason() -> None:
    result = joined(row("toy-a"), row("toy-c"))
    assert texts(result) == [None, "toy-a  0", "toy-c  0"]
    assert result.rows["reason"].to_list() == [Reason.MISSING, None, None]
    assert set(found(result)) == {"missing-response"}
    (only,) = result.findings
    assert (only.count, only.examples) == (1, ("toy-b sample 0",))


def test_uneven_samples_are_missing_ones() -> None:
    result = joined(*ALL, row("toy-a", 2))
    assert result.samples == 3
    codes = found(result)
    assert set(codes) == {"uneven-samples", "missing-response"}
    assert codes["uneven-samples"].count == 2
    assert codes["uneven-samples"].examples == ("toy-b has 2", "toy-c has 2")
    assert "2 of 3 samples" in codes["uneven-samples"].message
    assert codes["missing-response"].count == 2
    assert result.rows.filter(pl.col("reason").is_not_null())["sample"].to_list() == [2, 2]


def test_a_number_of_samples_may_be_given() -> None:
    more = joined(*ALL, samples=3)
    assert (more.samples, found(more)["missing-response"].count) == (3, 3)
    fewer = joined(*ALL, samples=1)
    assert texts(fewer) == [f"{ident}  0" for ident in IDS]
    assert found(fewer)["uneven-samples"].count == 3
    assert "beyond the 1" in found(fewer)["uneven-samples"].message


def test_samples_with_wide_gaps_are_refused_before_they_fill_the_memory() -> None:
    with pytest.raises(ResponseError, match=r"toy-a: found sample 1,000,000,000.*without gaps"):
        joined(row("toy-a", 10**9), row("toy-b"))


def test_equal_duplicates_count_once() -> None:
    result = joined(*ALL, ALL[3], ALL[3] | {"usage": {"prompt": 1}}, ALL[0])
    assert texts(result) == [each["text"] for each in ALL]
    duplicate = found(result)["duplicate-response"]
    assert duplicate.count == 3
    assert set(duplicate.examples) == {"toy-b sample 0", "toy-a sample 1"}
    assert "equal" in duplicate.message


@pytest.mark.parametrize(
    "change",
    [{"text": "Else."}, {"finish": "length"}, {"reasoning": "Hm."}, {"text": "", "failure": "timeout"}],
)
def test_duplicates_that_differ_are_never_chosen_among_in_silence(change: dict[str, Any]) -> None:
    rows = [ALL[3] | change, *ALL]
    with pytest.raises(ResponseError, match=r"duplicate-response: 1 samples .* toy-a sample 1; .*first"):
        joined(*rows)
    result = joined(*rows, duplicates="first")
    assert result.rows.row(3, named=True)["text"] == rows[0]["text"]
    assert result.rows.height == len(ALL)
    assert "first is taken" in found(result)["duplicate-response"].message


def test_ids_that_there_arent_are_left_out_with_a_guess() -> None:
    result = joined(*ALL[:4], row("TOY-C "), row("c"), row("nothing-like-it-at-all"))
    extra = found(result)["extra-response"]
    assert extra.count == 3
    assert extra.examples == (
        "'TOY-C ' (did you mean 'toy-c'?)",
        "'c' (did you mean 'toy-c'?)",
        "'nothing-like-it-at-all'",
    )
    assert found(result)["missing-response"].count == 2
    assert texts(result)[:4] == [each["text"] for each in ALL[:4]]


def test_probes_that_there_arent_are_left_out() -> None:
    result = joined(*ALL, row("toy-a", probe="third"))
    extra = found(result)["extra-response"]
    assert (extra.count, extra.examples) == (1, ("toy-a probe third sample 0",))
    assert texts(result) == [each["text"] for each in ALL]


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("change", [{"dataset": "other"}, {"config": "gated"}])
def test_responses_to_another_config_are_never_joined(change: dict[str, str], *, keep: bool) -> None:
    result = joined(*ALL, ALL[0] | change | {"sample": 0}, misaligned="keep" if keep else "drop")
    misaligned = found(result)["misaligned-response"]
    assert misaligned.count == 1
    assert "left out" in misaligned.message
    assert "toy/plain 1.2.0" in misaligned.message
    assert next(iter(change.values())) in misaligned.examples[0]
    assert texts(result) == [each["text"] for each in ALL]


def test_versions_with_the_same_items_are_joined_and_said() -> None:
    result = joined(*(each | {"version": "1.1.3"} for each in ALL))
    assert texts(result) == [each["text"] for each in ALL]
    assert set(found(result)) == {"other-version"}
    assert found(result)["other-version"].count == len(ALL)


def test_versions_whose_items_may_have_changed_are_left_out_unless_kept() -> None:
    rows = [ALL[0] | {"version": "2.0.0"}, *ALL[1:]]
    dropped = joined(*rows)
    assert texts(dropped)[0] is None
    assert set(found(dropped)) == {"misaligned-response", "uneven-samples", "missing-response"}
    kept = joined(*rows, misaligned="keep")
    assert texts(kept) == [each["text"] for each in ALL]
    assert "joined all the same" in found(kept)["misaligned-response"].message


def test_responses_to_another_prompt_are_left_out_unless_kept() -> None:
    prompts = pl.DataFrame({"id": IDS, "probe": "", "prompt_digest": ["11", "22", "33"]})
    rows = [ALL[0] | {"prompt_digest": "11"}, ALL[1] | {"prompt_digest": "22"}, *ALL[2:]]
    assert joined(*rows).findings == ()
    result = joined(*rows, prompts=prompts)
    assert texts(result) == [ALL[0]["text"], None, *(each["text"] for each in ALL[2:])]
    misaligned = found(result)["misaligned-response"]
    assert (misaligned.count, misaligned.examples) == (1, ("toy-b sample 1",))
    kept = joined(*rows, prompts=prompts, misaligned="keep")
    assert texts(kept) == [each["text"] for each in ALL]
    assert set(found(kept)) == {"misaligned-response"}
    unknown = joined(*rows, prompts=prompts[1:])
    assert unknown.findings == ()


def test_prompts_are_told_apart_by_probe() -> None:
    digests = {("toy-a", "one"): "1", ("toy-a", "two"): "2"}
    prompts = pl.DataFrame(
        [(*key, value) for key, value in digests.items()], ["id", "probe", "prompt_digest"], orient="row"
    )
    rows = [row("toy-a", probe=probe, prompt_digest=each) for (_, probe), each in digests.items()]
    assert joined(*rows, ids=["toy-a"], probes=("one", "two"), prompts=prompts).findings == ()
    swapped = [each | {"prompt_digest": str(3 - int(each["prompt_digest"]))} for each in rows]
    with pytest.raises(ResponseError, match="misaligned-response: 2 of 2 responses to another prompt"):
        joined(*swapped, ids=["toy-a"], probes=("one", "two"), prompts=prompts)


def test_nothing_that_fits_is_an_error_that_says_why() -> None:
    with pytest.raises(
        ResponseError, match=r"no response belongs to .*toy/plain 1.2.0: extra-response.*toy-a"
    ):
        joined(row("item-7"), row("TOY_A"))
    empty = joined()
    assert empty.rows["reason"].to_list() == [Reason.MISSING] * 3
    assert found(empty)["missing-response"].count == 3


def test_an_id_that_is_there_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="'toy-a' is there twice"):
        joined(*ALL, ids=["toy-a", "toy-b", "toy-a"])


KEYS = st.tuples(st.sampled_from([*IDS, "toy-x"]), st.integers(0, 3), st.sampled_from(["plain", "gated"]))


@settings(deadline=None, max_examples=100)
@given(st.lists(KEYS, max_size=12), st.none() | st.integers(1, 4))
def test_every_response_is_joined_or_counted(
    keys: Sequence[tuple[str, int, str]], samples: int | None
) -> None:
    rows = [row(ident, sample, config=config) for ident, sample, config in keys]
    fitting = {(ident, sample) for ident, sample, config in keys if ident in IDS and config == "plain"}
    try:
        result = joined(*rows, samples=samples)
    except ResponseError:
        assert rows
        assert not fitting
        return
    wanted = samples or max((sample + 1 for _, sample in fitting), default=1)
    assert result.samples == wanted
    assert result.rows.height == len(IDS) * wanted
    for each in result.rows.iter_rows(named=True):
        key = each["id"], each["sample"]
        assert each["text"] == (row(*key)["text"] if key in fitting else None)
    counts = dict.fromkeys(("missing-response", "duplicate-response", "extra-response"), 0)
    counts |= {each.code: each.count for each in result.findings if "beyond" not in each.message}
    beyond = sum(each.count for each in result.findings if "beyond" in each.message)
    there = result.rows["reason"].null_count()
    left_out = counts["duplicate-response"] + counts["extra-response"] + counts.get("misaligned-response", 0)
    assert there + left_out + beyond == len(rows)
    assert there + counts["missing-response"] == result.rows.height


def test_a_million_responses_take_seconds_at_most() -> None:
    items = pl.Series("id", [f"toy-{number:016x}" for number in range(250_000)])
    order = np.random.default_rng(0).permutation(1_000_000)
    keys = pl.DataFrame({"id": items.gather(order // 4), "sample": order % 4})
    constant = as_responses([row("toy")]).table.drop("id", "sample")
    table = keys.join(constant, how="cross").select(response_format().schema.columns)
    start = time.process_time()
    result = join(items, Responses(table), RELEASE)
    assert time.process_time() - start < 5
    assert result.findings == ()
    assert result.rows["id"].equals(items.gather(np.arange(1_000_000) // 4))
