"""URLs of the campaigns API under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from campaigns.api.attempts import AttemptViewSet
from campaigns.api.calls import CallsView
from campaigns.api.campaigns import CampaignViewSet
from campaigns.api.contacts import ContactViewSet
from campaigns.api.decisions import LimitSpanViewSet, RulesVersionViewSet, SkipViewSet
from campaigns.api.did_health import DIDHealthView
from campaigns.api.erasures import ErasureViewSet
from campaigns.api.explaining import EvidenceView
from campaigns.api.exports import CampaignExportView, ExportFileView, ManifestView
from campaigns.api.hosting import HostedBatchViewSet, HostedDialerViewSet, HostedSwitchViewSet
from campaigns.api.imports import ImportViewSet
from campaigns.api.jobs import ImportSourceViewSet, JobRunViewSet
from campaigns.api.leads import LeadViewSet
from campaigns.api.lists import ContactListViewSet
from campaigns.api.notes import CallNoteViewSet
from campaigns.api.notices import CallbackViewSet, NoticeViewSet, OptOutViewSet, RunViewSet
from campaigns.api.numbers import NumberExceptionViewSet
from campaigns.api.possible_opt_outs import PossibleOptOutViewSet
from campaigns.api.profiles import RulesProfileViewSet
from campaigns.api.results import ResultsView
from campaigns.api.saved_filters import SavedFilterViewSet
from campaigns.api.suppressed import SuppressedNumberViewSet
from campaigns.api.suppression import SuppressionListViewSet
from campaigns.api.switchboard import ConfirmHomeView, SwitchboardView
from campaigns.api.templates import CallTemplateViewSet

router = SimpleRouter()
router.register("lists", ContactListViewSet)
router.register("imports", ImportViewSet)
router.register("contacts", ContactViewSet)
router.register("suppression-lists", SuppressionListViewSet)
router.register("number-exceptions", NumberExceptionViewSet)
router.register("saved-filters", SavedFilterViewSet)
router.register("templates", CallTemplateViewSet)
router.register("rules-profiles", RulesProfileViewSet)
router.register("campaigns", CampaignViewSet)
router.register("leads", LeadViewSet)
router.register("erasures", ErasureViewSet)
router.register("attempts", AttemptViewSet)
router.register("call-notes", CallNoteViewSet)
router.register("notices", NoticeViewSet)
router.register("import-sources", ImportSourceViewSet)
router.register("job-runs", JobRunViewSet)
router.register("opt-outs", OptOutViewSet)
router.register("possible-opt-outs", PossibleOptOutViewSet)
router.register("callbacks", CallbackViewSet)
router.register("runs", RunViewSet)
router.register("skips", SkipViewSet)
router.register("rules-versions", RulesVersionViewSet)
router.register("limit-spans", LimitSpanViewSet)
router.register("hosted-dialers", HostedDialerViewSet)
router.register("hosted-switches", HostedSwitchViewSet)
router.register("hosted-batches", HostedBatchViewSet)

urlpatterns: list[URLPattern | URLResolver] = [
    path("switchboard/", SwitchboardView.as_view(), name="switchboard"),
    path("switchboard/confirm-home/", ConfirmHomeView.as_view(), name="switchboard-confirm-home"),
    path(
        "imports/<int:pk>/refusals.csv",
        ImportViewSet.as_view({"get": "refusals_csv"}, reads_query=True),
        name="refusals-csv",
    ),
    path(
        "suppression-lists/<int:list_id>/numbers/",
        SuppressedNumberViewSet.as_view({"get": "list", "post": "add"}),
        name="suppressed-numbers",
    ),
    path(
        "suppression-lists/<int:list_id>/numbers/remove/",
        SuppressedNumberViewSet.as_view({"post": "remove"}),
        name="suppressed-numbers-remove",
    ),
    path("campaigns/<int:pk>/export/", CampaignExportView.as_view(), name="campaign-export"),
    path("did-health/", DIDHealthView.as_view(), name="did-health"),
    path("export/", ExportFileView.as_view(), name="export-file"),
    path("exports/<int:pk>/", ManifestView.as_view(), name="export-manifest"),
    path("calls/", CallsView.as_view(), name="calls"),
    path("evidence/", EvidenceView.as_view(), name="evidence"),
    path("results/", ResultsView.as_view(), name="results"),
    *router.urls,
]
