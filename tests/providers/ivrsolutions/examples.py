"""For every operation: the arguments that must give exactly the document's own example request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from dialer.ivrsolutions.dialers import DialerNumber
from dialer.ivrsolutions.formats import Schedule
from dialer.ivrsolutions.logs import Cursors
from dialer.ivrsolutions.provisioning import Provision

DID, CUSTOMER = "+911143104567", "+919876543210"
SCHEDULE_2024 = Schedule(at=datetime(2024, 12, 31, 7, 30, tzinfo=UTC), time_zone="Asia/Kolkata")
SCHEDULE_2025 = replace(SCHEDULE_2024, at=datetime(2025, 12, 31, 7, 30, tzinfo=UTC))
EXTENSION = Provision(
    call_forwarding=True,
    connection=True,
    password="SecurePass@123",
    recording_id="2207",
    kyc_required=False,
    extn_no="2101",
    name="John Doe",
    expires_on=date(2025, 12, 31),
)
PERSON = {"email": "user@company.com", "phone": CUSTOMER}
NUMBERS = [
    DialerNumber(number="+919876543210", name="John Doe", order_id="ORD001"),
    DialerNumber(number="+919876543211", name="Jane Smith", order_id="ORD002"),
    DialerNumber(number="+919876543212", name="Bob Wilson", order_id="ORD003"),
]
BOT = {
    "voicechat_id": "4821",
    "customer_no": CUSTOMER,
    "system_msg": "You are a helpful assistant.",
    "text": "Hi, this is an automated call.",
    "schedule": SCHEDULE_2025,
}

ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "clickToCallGet": {"did": DID, "ext_no": "2101", "phone": CUSTOMER},
    "clickToCallPost": {"did": DID, "ext_no": "2101", "phone": CUSTOMER},
    "click_to_call": {
        "agent_email": "agent@company.com",
        "agent_no": "+919123456789",
        "client_no": CUSTOMER,
        "country_code": "+91",
        "record_id": "12345",
        "record_type": "lead",
    },
    "c2c_advance": {
        "did": DID,
        "first_phone": CUSTOMER,
        "second_phone": "+919123456789",
        "body": "Hello, connecting your call",
        "schedule": SCHEDULE_2025,
    },
    "v1_click_to_call_record": {},
    "clickConnect": {"first_phone": CUSTOMER, "second_phone": "+919123456789", "did": DID},
    "click_connect_update": {
        "action": "cancel",
        "did": DID,
        "first_number": CUSTOMER,
        "body": "Hello, connecting your call",
    },
    "click_connect_logs": {
        "did": DID,
        "from_date": date(2025, 8, 1),
        "to_date": date(2025, 8, 31),
        "orderby": "desc",
    },
    "getCallFlows": {},
    "dialByFlow": {"did_no": DID, "flow_id": "1001", "customer_no": "+919871234567", "schedule": SCHEDULE_2024},
    "v1_dial_by_flow_get": {"did": DID, "flow": "1001", "phone": CUSTOMER, "body": ""},
    "dialByText": {
        "did_no": DID,
        "flow_id": "1701",
        "customer_no": "+919354123456",
        "template_name": "api_order_confirm",
        "variables": ["John", "ORD12345", "1500"],
        "schedule": SCHEDULE_2024,
    },
    "getDialersList": {},
    "addToDialer": {
        "dialer_id": 101,
        "number": DialerNumber(number=CUSTOMER, name="John Doe", order_id="ORD12345"),
    },
    "addToDialerBulk": {"dialer_id": 101, "numbers": NUMBERS},
    "add_to_dialer": {"numbers": [DialerNumber(number=CUSTOMER, name="John Doe")]},
    "changeDialerStatus": {"dialer_id": 101, "is_on": True},
    "getCustomerLists": {},
    "createCustomerList": {"name": "January Campaign 2025"},
    "createTextDialer": {
        "name": "Order Confirmation Dialer",
        "did_no": DID,
        "concurrent_calls": 5,
        "start_time": time(9),
        "end_time": time(18),
        "text_template_id": 101,
        "send_call_flow_id": 102,
    },
    "editTextDialer": {"dialer_id": 105},
    "enableDisableUsers": {"ext_no": "2101", "is_enabled": True},
    "addAgent": {
        "name": "John Doe",
        "email": "john.doe@company.com",
        "phone": CUSTOMER,
        "password": "SecurePass@123",
    },
    "updateAgentDid": {"agent_ext": "2101", "did_num": DID},
    "get_agents": {},
    "get_extension": {},
    "get_extension_details": {"ext_no": "2101"},
    "deactivate_group_user": {"ext_no": "2101"},
    "set_expiry": {"ext_no": "2101", "expires_on": date(2025, 12, 31)},
    "add_group_user": {"did_no": DID, "provision": EXTENSION, **PERSON},
    "v1_agent_login_token": {
        "username": "agent@company.com",
        "password": "SecurePass@123",
        "extension": "2101",
        "ip_address": "203.0.113.10",
    },
    "getCallLogs": {"from_date": date(2024, 12, 1), "to_date": date(2024, 12, 31)},
    "getCallLogByNumber": {"phone": CUSTOMER},
    "getC2CLogs": {},
    "getC2CLogByNumber": {"phone": CUSTOMER},
    "getDialerLogs": {"dialer_id": 101},
    "v1_all_call_logs": {"cursors": Cursors()},
    "getCallStatus": {},
    "updateCallNote": {
        "record_id": "12345",
        "status_id": 1,
        "call_type": "incoming",
        "remark": "Customer interested in premium plan. Follow up next week.",
    },
    "v1_add_note": {
        "sip_call_id": "abc123.45@sip",
        "note": "Customer requested a callback",
        "call_type": "c2c",
        "status": "1",
    },
    "getLinkedDids": {},
    "get_dids": {},
    "getDidRegions": {},
    "searchDids": {"country_code": "IN", "region": "1", "pattern": "4310"},
    "buyDid": {"country": "IN", "number": "+911143104501"},
    "get_available_dids": {
        "did_region": "1",
        "availability_level": "1",
        "pattern_last_digits": "4310",
        "size": 20,
    },
    "add_manage_did": {"did_no": DID, "provision": EXTENSION, **PERSON},
    "manage_group_did": {"did_no": DID, "provision": EXTENSION},
    "manage_group_did_as_sipuser": {"did_no": DID, "provision": EXTENSION, **PERSON},
    "get_live_did": {},
    "get_live_did_agent": {},
    "get_voicebot": {},
    "v1_get_voicebots": {},
    "v1_get_voicebot_data": {"voicebot_id": "4821", "with_training_data": True},
    "dial_by_voicebot": {**BOT, "did_num": DID},
    "dial_by_aivoicebot": {
        **BOT,
        "wss_url": "wss://example.com/stream",
        "wss_header": "Authorization: Bearer xyz",
        "ai_agent_ext": "2101",
        "sip_url": "sip:bot@example.com",
        "sttlanguage_code": "en-IN",
        "connect_ws_after_answer": True,
    },
    "create_text_template": {
        "template_name": "api_order_confirm",
        "text_content": "Press 1 to confirm your order.",
    },
    "check_text_template_status": {"template_name": "api_order_confirm"},
    "get_text_template_list": {},
    "add_contact": {"name": "John Doe", "number": CUSTOMER, "country_code": "+91"},
    "get_contact_info": {"phone": CUSTOMER},
    "get_contact_info_agent": {"phone": CUSTOMER},
    "v1_Caller_info": {"caller_number": CUSTOMER},
    "get_variables": {},
    "add_webhook_url": {"url": "https://yourapp.com/webhooks/ivr", "secret_key": "whsec_abc123"},
    "get_data_for_leadcrm": {},
}
