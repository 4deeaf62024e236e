"""A form of the admin is done once, however often it is sent: a double click, Back, a reload, a slow page.

The key in the form (``dialer.admin.form_keys``) tells a form that is sent again from a new one. Who sends it again is
led to where the first one led. What shows the form again, with its errors or with a question, did nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from dialer.admin.form_keys import FIELD
from dialer.admin.shown_values import FIELD as AS_SHOWN
from dialer.bodies import LimitBodies
from dialer.once import KEY_LENGTH, Asked, BrokeOff, OtherRequest, UnderWay, once
from dialer.serving.patience import PatienceEnds

#: Of each sending of one form these differ or say nothing.
NOT_COMPARED = {FIELD, AS_SHOWN, "csrfmiddlewaretoken"}
#: Who logs out and in again by the same form does that.
EVERY_TIME = {"login", "logout"}
#: The ends of the names of Django's own pages of a row: these write to the database only, unless a class of the admin
#: says in ``asks_outside`` that one of its own does more.
PAGES_OF_A_ROW = ("add", "change", "delete")
#: What closes the little window in which a row was added.
POPUP = "popup_response_data"

#: On a page that is itself the result of what was done: where who sends the form again is led.
RESULT_AT = "result_at"
SHOWN_ONCE = "what came of it was shown once, on the page before this one."


def is_result(answer: HttpResponse, *, at: str) -> HttpResponse:
    """Return a page that shows what was done, this once; ``at``: where who sends the form again is led."""
    setattr(answer, RESULT_AT, at)
    return answer


class DoSentFormsOnce:
    """Middleware, the last: whose form it is, and that nobody forged it, is known by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        # Django asks the others about the errors of views that it calls itself; these are called here.
        self._about_errors = (PatienceEnds(get_response), LimitBodies(get_response))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Answer a form with a key, once; None for anything else."""
        if request.method != "POST" or not _is_of_the_admin(request) or not request.user.is_authenticated:
            return None
        try:
            key = request.POST.get(FIELD, "")
            if not 0 < len(key) <= KEY_LENGTH or "\0" in key:
                return None
            return _answered(request, key, lambda: view(request, *args, **kwargs), _writes_here_only(request, view))
        except Exception as error:
            pages = (one.process_exception(request, error) for one in self._about_errors)
            found = next((page for page in pages if page is not None), None)
            if found is None:
                raise
            return found


def _answered(
    request: HttpRequest, key: str, act: Callable[[], HttpResponse], in_one_transaction: bool
) -> HttpResponse:
    user_id = request.user.pk
    asked = Asked(user_id=user_id or 0, face="ADMIN", key=key, request_hash=_hash_of(request), now=timezone.now())
    try:
        return once(
            asked,
            act=act,
            to_keep=lambda answer: _to_keep(request, answer),
            again=lambda kept: _led_again(request, kept),
            in_one_transaction=in_one_transaction,
            undone_by=(Http404, PermissionDenied, SuspiciousOperation),
        )
    except OtherRequest as error:
        return _of_another(request, error.answer)
    except (UnderWay, BrokeOff) as error:
        messages.warning(request, _SAID[type(error)])
        return HttpResponseRedirect(_where_from(request))


_SAID: dict[type[Exception], str] = {
    UnderWay: "This was sent before and is still being done. Look again in a moment.",
    BrokeOff: "This was sent before and broke off: it may have been done. Look before you send the form anew.",
}


def _is_of_the_admin(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.app_name == "admin" and match.url_name not in EVERY_TIME


def _writes_here_only(request: HttpRequest, view: Any) -> bool:
    page = str(getattr(request.resolver_match, "url_name", "")).rpartition("_")[2]
    asks_outside = getattr(getattr(view, "model_admin", None), "asks_outside", ())
    return page in PAGES_OF_A_ROW and page not in asks_outside


def _hash_of(request: HttpRequest) -> str:
    """Return a hash of what was sent, files included."""
    digest = hashlib.sha256(request.get_full_path().encode("utf-8", "surrogatepass"))
    for name, values in sorted(request.POST.lists()):
        if name not in NOT_COMPARED:
            digest.update(repr((name, values)).encode("utf-8", "surrogatepass"))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            _update(digest, name, file)
    return digest.hexdigest()


def _update(digest: Any, name: str, file: UploadedFile[bytes]) -> None:
    digest.update(repr((name, file.name, file.size)).encode("utf-8", "surrogatepass"))
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)


def _to_keep(request: HttpRequest, answer: HttpResponse) -> dict[str, Any] | None:
    """Return where it led and what was said; None where nothing was done: the form again, or nothing but an error."""
    said = [(one.level, str(one.message)) for one in _said(request)]
    if isinstance(answer, TemplateResponse) and POPUP in (answer.context_data or {}):
        return {"popup": answer.template_name, POPUP: answer.context_data[POPUP]}  # type: ignore[index]
    if hasattr(answer, RESULT_AT):
        return {"url": getattr(answer, RESULT_AT), "said": [SHOWN_ONCE]}
    if not isinstance(answer, HttpResponseRedirect):
        return None
    if said and all(level >= messages.ERROR for level, _ in said):
        return None
    return {"url": answer.url, "said": [text for _, text in said]}


def was_done(request: HttpRequest, answer: Any) -> bool:
    """Return whether a sent form did something; None for ``answer`` is how actions of a list lead back to it."""
    if answer is not None:
        return _to_keep(request, answer) is not None
    said = _said(request)
    return not said or any(one.level < messages.ERROR for one in said)


def _said(request: HttpRequest) -> list[Any]:
    """Return what is said of this request. Looked at where it waits: reading it would count as showing it."""
    return list(getattr(messages.get_messages(request), "_queued_messages", ()))


def _led_again(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    if POPUP in kept:
        return TemplateResponse(request, kept["popup"], {POPUP: kept[POPUP]})
    messages.info(request, f"This was done already, once: {_first_said(kept)}")
    return HttpResponseRedirect(kept["url"])


def _of_another(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """Lead to what was done; what the form says now was not, and a new form is how it can be."""
    messages.warning(
        request,
        f"This form was sent before, and done: {_first_said(kept)} What was changed in it since is not done: "
        "open the form anew for that.",
    )
    return HttpResponseRedirect(kept.get("url") or _where_from(request))


def _first_said(kept: dict[str, Any]) -> str:
    said = kept.get("said") or ["see below."]
    return str(said[0])


def _where_from(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return referer
    return reverse("admin:index")
