"""Whether strangers reach what is ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from dialer.checks.addresses import is_this_machine
from dialer.checks.running import of_settings
from dialer.redis_address import redis_address


@of_settings
def redis_asks_for_a_password() -> list[CheckMessage]:
    """Anyone who reaches Redis can ring bells, and start tasks with arguments of their own."""
    address = redis_address(settings.REDIS_URL)
    elsewhere = [host for host in address.hosts if host and not is_this_machine(host)]
    if urlsplit(settings.REDIS_URL).password or not elsewhere:
        return []
    text = f"Redis on {elsewhere[0]} is used without a password: anyone who reaches it can start tasks here."
    hint = "Set requirepass there, and REDIS_URL=redis://:PASSWORD@HOST:6379/0 here."
    return [Warning(text, hint=hint, id="dialer.W009")]


@of_settings
def hosts_are_named() -> list[CheckMessage]:
    """With any host name, links in mails and redirects lead where a stranger says."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    text = "ALLOWED_HOSTS is '*': the web server answers to any host name that a request makes up."
    return [Warning(text, hint="Name the hosts: ALLOWED_HOSTS=dialer.example.com,localhost", id="dialer.W005")]
