"""Secrets and personal data: found wherever they stand, and never shown. Secrets are made at run time."""

import base64
import random
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mensrea.errors import UsageError
from mensrea.validation.inputs.batch import Batch
from mensrea.validation.rules import credentials
from mensrea.validation.rules.candidates import masked
from mensrea.validation.rules.privacy import PersonalData, Secret

DIGITS, SMALL = "0123456789", "abcdefghijklmnopqrstuvwxyz"
CAPITALS = SMALL.upper()
RANDOM = random.Random(7)
KEY = "PRIVATE KEY"


def drawn(length, letters=DIGITS + SMALL + CAPITALS):
    # One of each first: a pattern may ask for a mixture.
    return (
        letters[0] + letters[-1] + letters[len(letters) // 2] + "".join(RANDOM.choices(letters, k=length))
    )[:length]


def segment(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def pem(kind, end="\n"):
    body = end.join(drawn(64) for _ in range(4))
    zeros = "b3BlbnNzaC1rZXktdjE" + "A" * 12
    return f"-----BEGIN {kind}{KEY}-----{end}{zeros}{end}{body}{end}-----END {kind}{KEY}-----"


SECRETS = {
    "AWS access key": "AKIA" + drawn(16, DIGITS + CAPITALS),
    "Azure storage key": "Account" + "Key=" + drawn(86) + "==",
    "Discord bot token": "M" + drawn(23) + "." + drawn(6) + "." + drawn(27),
    "GitHub token": "gh" + "p_" + drawn(36),
    "GitHub token, fine-grained": "github" + "_pat_" + drawn(22) + "_" + drawn(59),
    "GitLab token": "gl" + "pat-" + drawn(20),
    "JSON Web Token": segment('{"alg":"HS256"}') + "." + segment('{"sub":"9384"}') + "." + drawn(43),
    "Mailchimp key": drawn(32, "0123456789abcdef") + "-us" + "12",
    "OpenAI key": "sk" + "-" + drawn(20) + "T3Blbk" + "FJ" + drawn(20),
    "key for a model's API": "sk" + "-proj-" + drawn(60),
    "key for a model's API, another": "sk" + "-ant-api03-" + drawn(90),
    "key for a model's API, hexadecimal": "sk" + "-" + drawn(32, "0123456789abcdef"),
    "PyPI token": "py" + "pi-AgEIcHlwaS5vcmc" + drawn(80),
    "SendGrid key": "S" + "G." + drawn(22) + "." + drawn(43),
    "Slack token": "xo" + "xb-" + drawn(11, DIGITS) + "-" + drawn(12, DIGITS) + "-" + drawn(24),
    "Slack app token": f"xa{'pp'}-1-{drawn(11, CAPITALS)}-{drawn(13, DIGITS)}-{drawn(64, SMALL + DIGITS)}",
    "Square secret": "sq0" + "csp-" + drawn(43),
    "Stripe key": "sk" + "_live_" + drawn(24),
    "Telegram bot token": drawn(9, "123456789") + ":" + drawn(35),
    "Twilio key": "S" + "K" + drawn(32, "0123456789abcdef"),
    "Hugging Face token": "h" + "f_" + drawn(34),
    "Google API key": "AI" + "za" + drawn(35),
    "npm token": "np" + "m_" + drawn(36),
    "private key": pem("RSA "),
    "private key, in one line": pem("", "\\n"),
    "private key, of OpenSSH": pem("OPENSSH "),
    "password in a URL": "postgres" + "://joe:" + drawn(12) + "@db.corp/x",
}
HARMLESS = (
    "AKIA" + "IOSFODNN7EXAMPLE",
    "http://user:password@host/",
    "postgres://${USER}:${PASSWORD}@host",
    "https://user:<token>@host",
    "http://localhost:8080/a:b@c",
    "task-oriented risk-free sk-learn",
    "hf_" + "x" * 36,
    "hf_model_forward_pass_with_a_long_name_1A",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7",
    f"BEGIN RSA {KEY}",
    f"-----BEGIN RSA {KEY}-----\n...\n-----END RSA {KEY}-----",
    "task-" + "a1B2" * 10,
    segment('{"alg":"HS256","typ":"JWT"}') + "." + segment('{"sub":"1234567890","name":"Jane"}') + ".x",
    "eyJ.b.c",
    "mensrea:cuaharm:0f8fad5b-d9cb-469f-a165-70867728950e",
    "$\\frac{a_1}{b^2} \\ge 10^{-3}$ def f(x): return x",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
PEOPLE = {
    "e-mail address": ("jane.doe@mensrea-mail.com", "bob+x@uni-bonn.de", "j_smith@mail.corp.co.uk"),
    "phone number": (
        "+1 415 867 5309",
        "(212) 736-5000",
        "212-736-5000",
        "+44 20 7946 0018",
        "+49 30 901820",
    ),
    "card number": ("4539 1488 0343 6467", "4539-1488-0343-6467", "3782 822463 10104"),
    "IBAN": ("DE44 5001 0517 5407 3249 31", "NL91ABNA0417164300", "GB29 NWBK 6016 1331 9268 19"),
    "US social security number": ("536-22-8726",),
}
NOBODY = (
    "a@example.com b@foo.test x@y.invalid git@github.com:a/b",
    "x = A@B.T; w@v.mean() q@k.transpose(1)",
    "x + 1234567890",
    "1998-2003 and 2020-11-21",
    "12345678901234567",
    "3.14159265358979",
    "212-736-5000*2",
    "555-555-0123 or 415-555-0133",
    "4111 1111 1111 1111",
    "123-45-6789",
    "900-12-3456",
    "000-12-3456",
    "2 + 4155552671",
    "$+14158675309$",
    "f(x)+4158675309",
    "1234 5678 9012 3456",
    "ISBN 978-3-16-148410-0",
    "x=415-867-5309",
    "v1.2.3.4 and 8.8.8.8",
    "4539148803436467",
    "https://joe:pw@db.corp.com/x",
    "GB82 WEST 1234 5698 7654 32",
    "3 + +4 - -5",
    "foo@1.2.3 @user.name",
)
PROSE = st.text("abc XYZ019.,;:-+/()\n", max_size=40)


def batch(*texts):
    return Batch(pa.record_batch({"x": pa.array(texts, pa.large_string())}))


def remarks(rule, *texts):
    return [found.message for found in rule.observe(batch(*texts))]


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_named_and_not_shown(kind):
    secret = SECRETS[kind]
    (message,) = remarks(Secret(field="x"), None, "fine", f"here: {secret} and so on")
    assert message.startswith(f"{kind.partition(',')[0]} at character ")
    assert not any(secret[at : at + 12] in message for at in range(len(secret) - 11))


@settings(deadline=None)
@given(PROSE, st.sampled_from(sorted(SECRETS)), PROSE)
def test_a_planted_secret_is_found_wherever_it_stands(before, kind, after):
    text = f"{before} {SECRETS[kind]} {after}"
    assert remarks(Secret(field="x"), "fine", text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(HARMLESS), max_size=5).map(" \n".join))
def test_harmless_text_holds_no_secret(text):
    assert not remarks(Secret(field="x"), text, f"({text})")


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_encoded_images_hold_no_secret(seed):
    text = "data:image/png;base64," + base64.b64encode(random.Random(seed).randbytes(20_000)).decode()
    assert not remarks(Secret(field="x"), text)
    assert not remarks(PersonalData(field="x"), text)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*SECRETS.values(), *HARMLESS]), max_size=4).map(" ".join))
def test_the_prefilter_misses_nothing(text):
    rule = Secret(field="x")
    assert remarks(rule, text) == list(rule.examine(text))


def test_a_secret_that_is_allowed():
    token, other = SECRETS["Hugging Face token"], SECRETS["GitHub token"]
    text = f"{token} {other}"
    assert len(remarks(Secret(field="x"), text)) == 2
    assert len(remarks(Secret(field="x", allow=[token]), text)) == 1
    assert not remarks(Secret(field="x", allow=[token, f"/^{other[:8]}/"]), text)


def test_overlapping_secrets_are_one():
    assert [each.kind for each in credentials.find(SECRETS["OpenAI key"])] == ["OpenAI key"]


def test_every_allowed_text_has_a_reason():
    assert all(entry["reason"] for entry in credentials._listed()["allow"])


@pytest.mark.parametrize("kind", PEOPLE)
def test_personal_data_is_named_and_not_shown(kind):
    for value in PEOPLE[kind]:
        (message,) = remarks(PersonalData(field="x"), None, f"Please note: {value}, thank you.")
        assert message.startswith(f"{kind} at character 13: ")
        assert value not in message
        assert value[5:] not in message


@settings(deadline=None)
@given(PROSE, st.sampled_from([value for values in PEOPLE.values() for value in values]))
def test_planted_personal_data_are_found_wherever_they_stand(before, value):
    assert remarks(PersonalData(field="x"), f"{before}\nplease note: {value}.")


@settings(deadline=None)
@given(st.lists(st.sampled_from(NOBODY), max_size=5).map("\n".join))
def test_formulas_years_and_reserved_names_are_nobody(text):
    assert not remarks(PersonalData(field="x"), text)


def test_several_of_a_kind_are_one_finding():
    (message,) = remarks(
        PersonalData(field="x"),
        "jane@mensrea-mail.com, bob@mensrea-mail.com and a.long.name@mensrea-mail.com",
    )
    assert message == "e-mail address at character 0: jane… (21 characters) and 2 more; replace or allow it"


def test_a_bare_card_number_needs_a_word_that_says_so():
    assert remarks(PersonalData(field="x"), "my visa is 4539148803436467") != []
    assert not remarks(PersonalData(field="x"), "the product is 4539148803436467")


def test_kinds_region_and_allowed_values():
    text = "jane@mensrea-mail.com, 8.8.8.8, 10.0.0.1, 030 901820"
    assert len(remarks(PersonalData(field="x", kinds=["ipv4"]), text)) == 1
    assert not remarks(PersonalData(field="x", allow=["/@mensrea-mail\\.com$/"]), text)
    assert not remarks(PersonalData(field="x", region="GB"), "212-736-5000")


def test_what_is_shown_of_a_secret():
    assert masked("0123456789abcdef") == "0123… (16 characters)"
    assert masked("hunter2") == "… (7 characters)"


@pytest.mark.parametrize(
    ("rule", "parameters", "message"),
    [
        (Secret, {"allow": ["/(/"]}, r"rule secret: allow: /\(/ is no regular expression"),
        (PersonalData, {"kinds": ["name"]}, r"kinds: found \['name'\], expected some of email"),
        (PersonalData, {"kinds": []}, "kinds: found none"),
    ],
)
def test_wrong_parameters(rule, parameters, message):
    with pytest.raises(UsageError, match=message):
        rule(field="x", **parameters)


def test_a_missing_library_is_named(monkeypatch):
    credentials.detectors.cache_clear()
    monkeypatch.setitem(sys.modules, "detect_secrets.plugins.aws", None)
    with pytest.raises(
        UsageError, match=r"the rule secret needs detect-secrets: pip install 'mensrea\[checks\]'"
    ):
        Secret(field="x")
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(UsageError, match="the rule personal-data needs phonenumbers and python-stdnum"):
        PersonalData(field="x")
