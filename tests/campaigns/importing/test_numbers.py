"""Numbers and zones of files as people write them: old spellings, newer ranges, words beside them, names of zones."""

from __future__ import annotations

import pytest

from campaigns.models import Contact, NumberException, SuppressionList
from campaigns.suppression import suppress_file
from tests.campaigns.importing.uploads import codes, new_list, upload
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db(transaction=True)
TWO_COUNTRIES = """phone,name
+52 55 1234 5616,Mx now
+52 1 55 1234 5616,Mx as before 2019
+55 11 98888 7716,Br nine digits
+55 11 8888 7716,Br as before 2012
+54 9 11 2345 1116,Ar mobile
+54 11 15 2345 1116,Ar as dialed at home
"""


def test_old_spellings_are_the_same_people_as_the_new_ones() -> None:
    found = upload(TWO_COUNTRIES, to=new_list(region=""))
    assert (found.rows_accepted, found.rows_duplicate, found.rows_refused) == (3, 3, 0)
    assert set(Contact.objects.values_list("number", flat=True)) == {
        "+525512345616",
        "+5511988887716",
        "+5491123451116",
    }


def test_who_is_on_a_do_not_call_file_in_the_old_spelling_is_not_called_under_the_new_one() -> None:
    owner = account()
    campaign(owner, leads=["+525512345616", "+5511988887716", "+5491123451116", "+525512345699"])
    never = SuppressionList.objects.create(name="never")
    old = b"phone\n+5215512345616\n+551188887716\n+541123451116\n"
    results = list(suppress_file(pieces=lambda: [old], suppression_list=never, now=NOON))
    assert [one.result for one in results] == ["ADDED"] * 3
    assert all("Taken as" in one.message for one in results)
    assert [call.lead.number for call in claimed(owner).reserved] == ["+525512345699"]


def test_an_indian_number_in_a_list_of_gb_is_no_premium_number_of_gb() -> None:
    found = upload("phone\n9820065116\n919820065116\n020 7946 0123\n", to=new_list(region="GB"))
    assert codes(found) == {2: "INVALID_FOR_REGION", 3: "TOO_LONG"}
    assert [contact.number for contact in found.contacts.all()] == ["+442079460123"]
    assert all("not a number of GB" in refusal.message for refusal in found.refusals.all())


def test_a_range_that_is_newer_than_the_data_is_taken_once_somebody_lets_it_through() -> None:
    rows = "phone,name\n+91 5998812316,N1\n+213 9 63 12 34 16,N2\n"
    found = upload(rows)
    assert set(codes(found).values()) == {"INVALID_FOR_REGION"}
    assert all("phonenumbers 9" in refusal.message for refusal in found.refusals.all())
    NumberException.objects.create(prefix="+9159", reason="DoT, 2026", added_by="root")
    assert [contact.number for contact in upload(rows).contacts.all()] == ["+915998812316"]


def test_words_beside_a_number_are_refused_for_that_reason() -> None:
    rows = (
        'phone,name\n"(212) 555-0116 then choose 6",N1\n'
        '"One: (212) 555-0216. Two: (212) 555-0316, ext 5",N2\n212.555.0916 (evenings),N3\n'
    )
    found = upload(rows, to=new_list(region="US"))
    assert codes(found) == {2: "HAS_EXTENSION", 3: "SEVERAL_NUMBERS", 4: "WORDS_BESIDE"}


def test_zones_are_taken_as_windows_and_people_write_them_or_told_what_to_write() -> None:
    windows = '"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"'
    zones = ["asia/kolkata", "India Standard Time", windows, "IST", "+05:30"]
    rows = "".join(f"98200 60{n}16,{zone}\n" for n, zone in enumerate(zones))
    found = upload("phone,time_zone\n" + rows)
    assert codes(found) == {5: "INVALID_TIME_ZONE", 6: "INVALID_TIME_ZONE"}
    assert set(found.contacts.values_list("time_zone", flat=True)) == {"Asia/Kolkata"}
    assert all("Asia/Kolkata" in refusal.message for refusal in found.refusals.all())
