"""Which tokens are believed. Every refusal differs from a token that is believed in one thing only."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from factoryos.kernel import supabase
from factoryos.kernel.problems import Unauthenticated

SECRET = "a secret of the project, long enough for HS256"
SUBJECT = "0196f0c2-6d1a-4c3e-9b41-2f6f0a4d7e10"
ISSUER, AUDIENCE = "https://project.example/auth/v1", "authenticated"


@pytest.fixture(autouse=True)
def _configured(settings: Any) -> None:
    settings.SUPABASE_JWT_ALGORITHM = "HS256"
    settings.SUPABASE_JWT_SECRETS = [SECRET]
    settings.SUPABASE_JWT_ISSUER, settings.SUPABASE_JWT_AUDIENCE = ISSUER, AUDIENCE
    settings.SUPABASE_JWKS_FILE = settings.SUPABASE_JWKS_URL = ""
    supabase._public_keys.cache_clear()


def claims(**changes: Any) -> dict[str, Any]:
    whole = {"sub": SUBJECT, "aud": AUDIENCE, "iss": ISSUER, "exp": int(time.time()) + 600, "role": "authenticated",
             "email": "pia@example.com"}  # fmt: skip
    return {name: value for name, value in (whole | changes).items() if value is not None}


def token(key: Any = SECRET, *, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def is_refused(text: str) -> bool:
    with pytest.raises(Unauthenticated):
        supabase.verify(text)
    return True


def test_a_genuine_token_names_its_subject() -> None:
    found = supabase.verify(token())
    assert (found.subject, found.email) == (UUID(SUBJECT), "pia@example.com")
    assert found.expires_at > time.time()
    assert supabase.verify(token(email=None)).email == ""


@pytest.mark.parametrize(
    "changes",
    [{"exp": None}, {"sub": None}, {"aud": None}, {"iss": None}, {"aud": "anon"}, {"iss": "https://other.example"},
     {"iss": ISSUER + "/"}, {"sub": "pia@example.com"}, {"sub": ""}, {"sub": 7}, {"exp": "soon"},
     {"role": "anon"}, {"role": "service_role"}, {"is_anonymous": True}, {"nbf": int(time.time()) + 86_400}],
)  # fmt: skip
def test_a_token_with_one_wrong_claim_is_refused(changes: dict[str, Any]) -> None:
    whole = claims() | changes
    present = {name: value for name, value in whole.items() if value is not None}
    text = jwt.api_jws.PyJWS().encode(json.dumps(present).encode(), SECRET, algorithm="HS256")
    assert is_refused(text)


def test_an_expired_token_is_refused_after_thirty_seconds_of_leeway() -> None:
    supabase.verify(token(exp=int(time.time()) - supabase.LEEWAY_SECONDS + 5))
    assert is_refused(token(exp=int(time.time()) - supabase.LEEWAY_SECONDS - 1))


def test_another_secret_and_a_changed_payload_are_refused() -> None:
    assert is_refused(token("another secret that is just as long as ours"))
    head, _, signature = token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(email="eve@example.com")).encode()).rstrip(b"=").decode()
    assert is_refused(f"{head}.{body}.{signature}")
    assert is_refused(f"{head}.{body}.")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_a_token_without_a_signature_is_refused(algorithm: str) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    body = token().split(".")[1]
    for signature in ("", token().split(".")[2]):
        assert is_refused(f"{head}.{body}.{signature}")


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "eyJhbGciOiJIUzI1NiJ9", "x" * 100_000, "ключ.ключ.ключ", "\0"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert is_refused(text)


def test_an_algorithm_that_is_not_the_configured_one_is_refused(settings: Any) -> None:
    settings.SUPABASE_JWT_SECRETS = [SECRET * 2]
    assert is_refused(token(SECRET * 2, algorithm="HS512"))


def test_while_a_secret_is_rotated_both_are_believed(settings: Any) -> None:
    settings.SUPABASE_JWT_SECRETS = ["the new secret, which is long enough as well", SECRET]
    supabase.verify(token())
    settings.SUPABASE_JWT_SECRETS = settings.SUPABASE_JWT_SECRETS[:1]
    assert is_refused(token())


@pytest.fixture(params=["RS256", "ES256"])
def pair(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> tuple[str, Any]:
    """(algorithm, private key); the public half lies in the configured JWKS file under the kid `first`."""
    private: Any
    if request.param == "RS256":
        private = rsa.generate_private_key(65537, 2048)
        document = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    else:
        private = ec.generate_private_key(ec.SECP256R1())
        document = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    document |= {"kid": "first", "alg": request.param, "use": "sig"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [document]}))
    settings.SUPABASE_JWT_ALGORITHM = request.param
    settings.SUPABASE_JWKS_FILE = str(tmp_path / "jwks.json")
    return request.param, private


def test_a_public_key_of_the_file_is_believed(pair: tuple[str, Any]) -> None:
    algorithm, private = pair
    found = supabase.verify(token(private, algorithm=algorithm, headers={"kid": "first"}))
    assert found.subject == UUID(SUBJECT)


def test_a_key_that_the_file_does_not_name_is_refused(pair: tuple[str, Any]) -> None:
    algorithm, private = pair
    assert is_refused(token(private, algorithm=algorithm, headers={"kid": "second"}))
    assert is_refused(token(private, algorithm=algorithm))
    stranger = (
        rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    )
    assert is_refused(token(stranger, algorithm=algorithm, headers={"kid": "first"}))


def test_a_public_key_used_as_a_shared_secret_is_refused(pair: tuple[str, Any]) -> None:
    """The classic confusion: the public key is public, and HMAC would take its bytes for a secret."""
    _, private = pair
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims())]
    signed = base64.urlsafe_b64encode(hmac.digest(public, b".".join(parts), hashlib.sha256)).rstrip(b"=")
    assert is_refused(b".".join([*parts, signed]).decode())
    assert is_refused(token(algorithm="HS256", headers={"kid": "first"}))


def test_a_key_that_the_token_brings_along_is_refused(pair: tuple[str, Any]) -> None:
    algorithm, _ = pair
    stranger = (
        rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    )
    maker = RSAAlgorithm if algorithm == "RS256" else ECAlgorithm
    public = json.loads(maker.to_jwk(stranger.public_key()))  # type: ignore[attr-defined]
    assert is_refused(token(stranger, algorithm=algorithm, headers={"kid": "first", "jwk": public}))
    assert is_refused(token(stranger, algorithm=algorithm, headers={"kid": "first", "jku": "https://evil.example"}))
