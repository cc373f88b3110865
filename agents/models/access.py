"""Who may do what to which swarm or workspace, and how somebody gets in for the first time."""

from django.conf import settings
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from victoros.lib import clock


class SwarmUserObjectPermission(UserObjectPermissionBase):
    """A person's right on a swarm."""

    content_object = models.ForeignKey("agents.Swarm", models.CASCADE)


class SwarmGroupObjectPermission(GroupObjectPermissionBase):
    """A group's right on a swarm."""

    content_object = models.ForeignKey("agents.Swarm", models.CASCADE)


class WorkspaceUserObjectPermission(UserObjectPermissionBase):
    """A person's right on a workspace and all in it."""

    content_object = models.ForeignKey("agents.Workspace", models.CASCADE)


class WorkspaceGroupObjectPermission(GroupObjectPermissionBase):
    """A group's right on a workspace and all in it."""

    content_object = models.ForeignKey("agents.Workspace", models.CASCADE)


class SignInLink(models.Model):
    """A link that signs one person in once. Only the hash of its token is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"
