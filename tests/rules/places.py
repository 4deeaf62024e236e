"""A second opinion on the zones of numbers: places that phonenumbers' geocoding data names, and the zones of these.

Written from the laws of the places, by state or town, and from the table of area codes of the North American plan; it
shares no data with what it judges.
"""

from __future__ import annotations

from collections.abc import Iterator

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_STATES = {
    EASTERN: "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    CENTRAL: "AR IA IL LA MN MO MS OK WI",
    MOUNTAIN: "CO MT NM UT WY",
    PACIFIC: "CA WA",
    "America/Phoenix": "AZ",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Edmonton": "AB",
    "America/Winnipeg": "MB",
    "America/Halifax": "NB NS PE",
    "America/St_Johns": "NL",
    "America/Regina": "SK",
    "America/Whitehorse": "YT",
    "America/Toronto": "QC",
}
#: Towns of the states that lie in several zones, on both sides of the border.
_TOWNS = {
    EASTERN: "Knoxville, TN|Chattanooga, TN|Louisville, KY|Lexington, KY|Indianapolis, IN|South Bend, IN|Miami, FL|"
    "Tallahassee, FL|Detroit, MI|Marquette, MI|Bloomington, IN|Kingsport, TN|Elizabethtown, KY|Winamac, IN",
    CENTRAL: "Nashville, TN|Memphis, TN|Bowling Green, KY|Evansville, IN|Gary, IN|Pensacola, FL|Panama City, FL|"
    "Iron Mountain, MI|Menominee, MI|Fargo, ND|Sioux Falls, SD|Omaha, NE|Wichita, KS|Dallas, TX|Houston, TX"
    "|Birmingham, AL",
    MOUNTAIN: "El Paso, TX|Scottsbluff, NE|Chadron, NE|Rapid City, SD|Dickinson, ND|Goodland, KS|Boise, ID|Ontario, OR|"
    "Sidney, NE|Window Rock, AZ|Kayenta, AZ",
    PACIFIC: "Portland, OR|Eugene, OR|Bend, OR|Las Vegas, NV|Reno, NV|Coeur d'Alene, ID|Lewiston, ID",
    "America/Vancouver": "Vancouver, BC|Victoria, BC|Kelowna, BC|Prince George, BC",
    "America/Edmonton": "Cranbrook, BC|Yellowknife, NT",
    "America/Toronto": "Toronto, ON|Ottawa, ON|Thunder Bay, ON|Iqaluit, NU",
    "America/Winnipeg": "Kenora, ON|Dryden, ON",
    "Australia/Darwin": "Darwin|Alice Springs|Alyangula",
    "Australia/Brisbane": "Brisbane|Cairns|Townsville|Toowoomba",
    "Australia/Sydney": "Sydney|Canberra|Newcastle|Tweed Heads",
    "Australia/Adelaide": "Adelaide|Mount Gambier|Port Lincoln",
    "Australia/Broken_Hill": "Broken Hill",
    "Australia/Perth": "Perth|Albany|Bunbury|Geraldton",
    "Australia/Hobart": "Hobart|Launceston",
    "Asia/Makassar": "Denpasar|Kupang|Mataram/Praya|Bima|Manado|Samarinda|Balikpapan|Banjarmasin",
    "Asia/Jakarta": "Greater Jakarta|Surabaya|Medan|Palembang|Pontianak|Palangkaraya",
    "Asia/Jayapura": "Jayapura|Ambon|Sorong|Manokwari|Merauke",
    "Atlantic/Canary": "Tenerife|Las Palmas",
    "Asia/Urumqi": "Urumqi, Xinjiang|Kashi, Xinjiang",
}
_REGIONS = {  # by country code, as the last part of the name of a place
    "55": {
        "America/Sao_Paulo": "SP RJ ES MG PR SC RS DF GO",
        "America/Bahia": "BA",
        "America/Maceio": "AL SE",
        "America/Recife": "PE",
        "America/Fortaleza": "CE RN PB PI MA",
        "America/Araguaina": "TO",
        "America/Belem": "PA AP",
        "America/Cuiaba": "MT",
        "America/Campo_Grande": "MS",
        "America/Porto_Velho": "RO",
        "America/Manaus": "AM",
        "America/Boa_Vista": "RR",
        "America/Rio_Branco": "AC",
    },
    "52": {
        "America/Chihuahua": "Chihuahua CHIH",
        "America/Hermosillo": "Sonora SON",
        "America/Mazatlan": "Sinaloa Nayarit NAY BCS",
        "America/Tijuana": "BCN",
        "America/Mexico_City": "Puebla Veracruz Oaxaca Jalisco Michoacan Guanajuato Guerrero Morelos Hidalgo Chiapas",
        "America/Monterrey": "Durango DGO Coahuila COAH NL Tamaulipas TAMPS",
        "America/Merida": "Yucatan YUC Campeche CAMP",
    },
    "7": {
        "Asia/Yekaterinburg": "Perm Ekaterinburg Tyumen Surgut Chelyabinsk Kurgan Orenburg",
        "Europe/Samara": "Samara Togliatti",
        "Europe/Saratov": "Saratov",
        "Europe/Astrakhan": "Astrakhan",
        "Europe/Volgograd": "Volgograd",
        "Europe/Ulyanovsk": "Ulyanovsk",
        "Europe/Kaliningrad": "Kaliningrad",
        "Asia/Omsk": "Omsk",
        "Asia/Novosibirsk": "Novosibirsk",
        "Asia/Tomsk": "Tomsk",
        "Asia/Chita": "Chita",
        "Asia/Irkutsk": "Irkutsk",
        "Asia/Magadan": "Magadan",
        "Europe/Moscow": "Moscow Smolensk Tver Voronezh Murmansk Pskov Yaroslavl",
    },
}
#: TIME_ZONE of the NPA database of the North American plan, where it has more than one letter (NANPA, 1 March 2020).
SEVERAL = {
    "208": "MP", "219": "EC", "270": "EC", "308": "CM", "364": "EC", "423": "EC", "458": "MP", "541": "MP", "574": "EC",
    "605": "CM", "606": "EC", "620": "CM", "701": "CM", "785": "CM", "807": "EC", "812": "EC", "850": "EC", "906": "EC",
    "915": "CM", "930": "EC", "931": "EC",
}  # fmt: skip
LETTERS = {"E": EASTERN, "C": CENTRAL, "M": MOUNTAIN, "P": PACIFIC}
CANADIAN_LETTERS = {"E": "America/Toronto", "C": "America/Winnipeg"}


def _by_name(code: str) -> dict[str, str]:
    if code == "1":
        return {name: zone for zone, names in _STATES.items() for name in names.split()}
    return {name: zone for zone, names in _REGIONS.get(code, {}).items() for name in names.split() if name}


def places() -> Iterator[tuple[str, str, str]]:
    """Yield beginnings of numbers (digits), each with the name of its place and a zone that this place keeps."""
    from phonenumbers.geodata import GEOCODE_DATA  # half a second: who only collects tests has no need of it

    towns = {name: zone for zone, names in _TOWNS.items() for name in names.split("|")}
    for code in ("1", "7", "34", "52", "55", "61", "62", "86"):
        regions = _by_name(code)
        for digits, names in GEOCODE_DATA.items():
            name = names.get("en", "") if digits.startswith(code) else ""
            zone = towns.get(name) or regions.get(name.split(" - ")[-1].split(", ")[-1])
            if zone:
                yield digits, name, zone
