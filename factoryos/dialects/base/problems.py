"""What goes wrong before a verb is asked: on the way through HTTP, in every face alike."""

from factoryos.kernel.problems import Kind, Problem


class MalformedJson(Problem):
    """The body is no JSON object. Data: reason."""

    code, kind, template = "malformed_json", Kind.INVALID, "The body is not a valid JSON object: {reason}"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


class BadRequest(Problem):
    """The request itself is broken (headers, host, encoding), so that nothing of it can be trusted."""

    code, kind, template = "malformed_json", Kind.INVALID, "The request is malformed"


class TooLarge(Problem):
    """Data: limit (bytes)."""

    code, kind, template = "too_large", Kind.TOO_LARGE, "The body is larger than {limit} bytes"

    def __init__(self, *, limit: int) -> None:
        super().__init__(limit=limit)


class UnsupportedMediaType(Problem):
    """Data: wanted."""

    code, kind, template = "unsupported_media_type", Kind.UNSUPPORTED, "Send the body as {wanted}"

    def __init__(self, *, wanted: str = "application/json") -> None:
        super().__init__(wanted=wanted)


class MethodNotAllowed(Problem):
    """Data: method, allowed (methods)."""

    code, kind, template = "method_not_allowed", Kind.NOT_ALLOWED, "{method} is not possible here"

    def __init__(self, *, method: str, allowed: list[str]) -> None:
        super().__init__(method=method, allowed=allowed)


class NotAcceptable(Problem):
    """Data: offered (media types)."""

    code, kind, template = "not_acceptable", Kind.NOT_ACCEPTABLE, "This is only to be had as {choice}"

    def __init__(self, *, offered: list[str]) -> None:
        super().__init__(offered=offered, choice=" or ".join(offered))


class Internal(Problem):
    """Our own fault. Tells nothing but the number under which it is logged. Data: request_id."""

    code, kind, template = "internal", Kind.INTERNAL, "Internal error, request {request_id}"

    def __init__(self, *, request_id: str) -> None:
        super().__init__(request_id=request_id)
