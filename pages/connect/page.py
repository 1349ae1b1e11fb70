"""Connect: links and the API for programs, badges and pages for other people."""

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Role
from pages.api import description
from pages.connect import badges, links, shares
from pages.ui import controls, session
from pages.ui.addresses import full_address
from pages.ui.store import the_store

LINKS, API, BADGES, SHARES = "Data links", "API", "Badges", "Shared pages"


def draw_reference() -> None:
    """The API as its description has it: addresses, parameters, columns."""
    st.markdown(description.ABOUT)
    st.code(
        f"curl -H 'Authorization: Bearer gta_...' '{full_address('api/v1/traffic')}?days=30'",
        language=None,
        wrap_lines=True,
    )
    st.caption("Create tokens on your profile page, in the menu at the top.")
    name = controls.choice("Address", description.WHAT, "traffic", "address")
    st.subheader(f"/api/v1/{name}", anchor=False)
    posted = f" POST: {description.STARTING['summary']}." if name == "runs" else ""
    st.caption(f"{description.WHAT[name]}. Add .csv for CSV.{posted}")
    if parameters := [(each, description.PARAMETERS[each][1]) for each in description.parameters_of(name)]:
        _draw_table(DataFrame(parameters, columns=["Parameter", "Meaning"]), f"{len(parameters)} parameters")
    columns = [(each.name, each.kind, each.comment) for each in description.columns_of(the_store(), name)]
    _draw_table(DataFrame(columns, columns=["Column", "Type", "Meaning"]), f"{len(columns)} columns")
    st.link_button("OpenAPI description", full_address("api/v1/openapi.json"), icon=":material/data_object:")


def _draw_table(rows: DataFrame, alt: str) -> None:
    st.table(rows, border="horizontal", hide_index=True, alt=alt)


account = session.require_account()
st.title("Connect", anchor=False)
parts = (LINKS, API, BADGES, SHARES) if account.has(Role.TENANT) else (LINKS, API)
part = controls.choice("Part", parts, LINKS, "part")
if part == LINKS:
    links.draw_links(account, session.viewer())
elif part == API:
    draw_reference()
elif part == SHARES:
    shares.draw_shares(account, session.viewer())
else:
    badges.draw_badges(account, session.viewer())
