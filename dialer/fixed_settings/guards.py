"""What guards pages and log-ins: the policy for scripts, and who has entered wrong passwords."""

from __future__ import annotations

from datetime import timedelta

from csp import constants as csp

# Scripts are files of ours, or carry the nonce of their page. unsafe-eval: the admin's theme is built with Alpine,
# which turns the attributes of its pages into functions; styles are set by attributes in the same way.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.SELF, csp.NONCE, csp.UNSAFE_EVAL],
        "style-src": [csp.SELF, csp.UNSAFE_INLINE],
        "img-src": [csp.SELF, "data:"],
        "font-src": [csp.SELF],
        "media-src": [csp.SELF],
        "connect-src": [csp.SELF],
        "form-action": [csp.SELF],
        "base-uri": [csp.NONE],
        "object-src": [csp.NONE],
        "frame-ancestors": [csp.NONE],
    }
}

# Who enters wrong passwords waits; see dialer/logins.py.
AXES_FAILURE_LIMIT = 5
AXES_USERNAME_FORM_FIELD = "username"
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["csrfmiddlewaretoken"]
AXES_HANDLER = "dialer.logins.LoginHandler"
AXES_CLIENT_IP_CALLABLE = "dialer.logins.address_of"
AXES_USERNAME_CALLABLE = "dialer.logins.name_of"
AXES_LOCKOUT_CALLABLE = "dialer.logins.locked_out"
