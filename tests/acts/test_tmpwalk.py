import pytest
def test_walk():
    from tests.acts.places import places, leaves, OPEN
    for p,q in leaves():
        if p in OPEN or p.startswith("api/"): continue
    seen={p for p,_ in leaves()}
    print("STALE", [o for o in OPEN if o not in seen])
    try:
        for p in places(): print(p.face, p, "->", p.act.name if p.act else None, p.url)
    except AssertionError as e: print(e)
