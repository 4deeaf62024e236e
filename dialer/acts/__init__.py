"""Who may do what: one table of acts and the rights they need, which the admin and REST both ask.

Each app adds its acts (`dialer.acts.telephone`, `campaigns.acts`, `webhooks.acts`) as it starts. What is not in the
table nobody may do.
"""

from dialer.acts.act import Act, Asked, Role, asked, register, table
from dialer.acts.models import of, on_model

__all__ = ["Act", "Asked", "Role", "asked", "of", "on_model", "register", "table"]
