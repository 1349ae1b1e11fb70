"""Data links: one CSV with its filters for a program that cannot send a token; made, listed, revoked; and how each
program reads one, step by step.
"""

from datetime import timedelta
from urllib.parse import urlencode

import streamlit as st

from data.accounts import api_tokens
from data.accounts.api_tokens import NewToken
from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.repositories.groups import group_names, groups
from data.repositories.repositories import repository_names
from pages.ui import controls, filters, messages
from pages.ui.addresses import full_address, link_target
from pages.ui.store import the_store
from pages.ui.text import token_text

ROOT = "/api/v1/"
TABLES = {  # what a link may have, with its address below the root and its fixed filter
    "Traffic by day": ("traffic", {}),
    "Traffic by week": ("traffic", {"by": "week"}),
    "Traffic by month": ("traffic", {"by": "month"}),
    "Repositories with totals": ("repositories", {}),
    "Referrers": ("referrers", {}),
    "Popular paths": ("paths", {}),
    "Clones by machines": ("clones", {}),
    "Spikes": ("spikes", {}),
    "Stars and other counters": ("stars", {}),
    "Downloads of releases": ("releases", {}),
    "Notes": ("notes", {}),
    "Traffic by day, former columns": ("data/repositorystats", {}),  # of the system that was replaced
    "Repositories, former columns": ("data/repositories", {}),
}
DAYS = {"All days": None, "Last 30 days": 30, "Last 90 days": 90, "Last 365 days": 365}
LASTS = {
    "1 hour": timedelta(hours=1),
    "1 day": timedelta(days=1),
    "30 days": timedelta(days=30),
    "1 year": timedelta(days=365),
}
MADE = "connect_link"  # the address of the link that was made last, until another page is opened
EXCEL = """
1. *Data* › *Get Data* › *From Other Sources* › *From Web*.
2. Paste the link, choose *Anonymous*, then *Load*.
3. *Refresh All* updates the rows until the link expires.
"""
POWER_BI = """
1. *Get data* › *Web*, paste the link, choose *Anonymous*.
2. *Transform Data*: promote the first row to headers, set the types of the columns.
3. For scheduled refresh, create a link that lasts longer, or use Basic with a token as the password.
"""
SHEETS = """
Into cell A1, where the decimal separator is a point:

```
=IMPORTDATA("{link}")
```

Google asks from its own servers, about once an hour: this server must be reachable from the internet.
"""
LIBREOFFICE = """
1. *Sheet* › *Link to External Data*; paste the link, press Enter, choose the comma as separator.
2. Select *CSV_all*, and tick *Update every* to refresh it automatically.
"""
GRAFANA = """
1. Install the data source *Infinity*; as URL give `{origin}`; under *Authentication* choose *Bearer Token* and paste a
   token from your profile.
2. In a panel choose *Type* CSV, *Parser* Backend, *Source* URL, *Method* GET, and this URL without its `link=`:

```
{plain}
```

With `from=${{__from:date:YYYY-MM-DD}}&to=${{__to:date:YYYY-MM-DD}}` it follows Grafana's own choice of time.
"""
PANDAS = """
```
import pandas as pd

rows = pd.read_csv("{link}")
```

With a token, which lasts longer than a link:

```
rows = pd.read_csv("{plain}", storage_options={{"Authorization": "Bearer gta_..."}})
```
"""
DUCKDB = """
```
install httpfs; load httpfs;
from read_csv('{link}');
```

With a token instead of a link:

```
create secret traffic (type http, bearer_token 'gta_...');
from read_csv('{plain}');
```
"""
CURL = """
```
curl "{link}"
curl -H "Authorization: Bearer gta_..." "{plain}"
```
"""
PROGRAMS = {
    "Excel": EXCEL,
    "Power BI": POWER_BI,
    "Google Sheets": SHEETS,
    "LibreOffice": LIBREOFFICE,
    "Grafana": GRAFANA,
    "pandas": PANDAS,
    "DuckDB": DUCKDB,
    "curl": CURL,
}


def draw_links(account: Account, viewer: Viewer) -> None:
    _draw_form(account, viewer)
    link = st.session_state.get(MADE)
    if link:
        about = "Anyone with the link can read these rows until it expires."
        messages.show_once("link_once", "Your link", link, about)
    _draw_list(account)
    st.header("Connect a program", anchor=False)
    program = controls.choice("Program", PROGRAMS, "Excel", "program")
    shown = link or f"{full_address('api/v1/traffic.csv')}?days=30&link=gta_..."
    plain = shown.partition("link=")[0].rstrip("?&")  # without its secret
    steps = PROGRAMS[program].format(link=shown, plain=plain, origin=plain.partition("/api/")[0])
    for number, part in enumerate(steps.split("```")):
        if number % 2:
            st.code(part.strip(), language=None, wrap_lines=True)
        else:
            st.markdown(part)


def _draw_form(account: Account, viewer: Viewer) -> None:
    names = filters.choosable(viewer)
    with st.form("connect_link_form"):
        left, right = st.columns(2)
        table = left.selectbox("Rows", list(TABLES), key="connect_table")
        days = right.selectbox("Days", list(DAYS), index=1, key="connect_days")
        chosen = left.multiselect(
            "Repositories",
            list(names),
            format_func=names.__getitem__,
            placeholder="Everything you have access to",
            key="connect_repositories",
        )
        lasts = right.selectbox("Expires after", list(LASTS), key="connect_lasts")
        if st.form_submit_button("Create link", key="connect_submit", type="primary"):
            path, fixed = TABLES[table]
            parameters = [*fixed.items(), *_places(viewer, chosen)]
            if not path.endswith("repositories") and DAYS[days]:
                parameters.append(("days", str(DAYS[days])))
            _make(account, f"{ROOT}{path}.csv", parameters, LASTS[lasts], table)


def _places(viewer: Viewer, chosen: list[int]) -> list[tuple[str, str]]:
    """What narrows a link: one group by its name, so that it follows the group; else repositories."""
    of_name = [each for each in groups(viewer, the_store()) if [-each.group_id] == chosen]
    if of_name and group_names(viewer, the_store())[of_name[0].group_id] == of_name[0].name:
        return [("group", of_name[0].name)]
    names = repository_names(viewer, the_store())
    ids = sorted(filters.repository_ids(viewer, chosen))
    return [("repository", str(each) if " · " in names[each] else names[each]) for each in ids]


def _make(account: Account, path: str, parameters: list[tuple[str, str]], lasts: timedelta, name: str) -> None:
    new = NewToken(name, lasts, target=link_target(path, parameters))
    secret = api_tokens.add_api_token(the_store(), account.username, account.user_id, new, utc_now())
    st.session_state[MADE] = f"{full_address(path.lstrip('/'))}?{urlencode([*sorted(parameters), ('link', secret)])}"


def _draw_list(account: Account) -> None:
    now = utc_now().replace(second=0, microsecond=0)
    found = [each for each in api_tokens.api_tokens(account, the_store(), now) if each.target is not None]
    for each in found:
        text = token_text(each, (each.target or "").removeprefix(ROOT), now)
        button = ("Revoke", ":material/link_off:", f"connect_revoke_{each.token_id}")
        if controls.item(text, f"connect_link_{each.token_id}", button):
            api_tokens.revoke_api_token(the_store(), account.username, each.token_id, utc_now())
            st.session_state.pop(MADE, None)
            messages.notice_after_rerun("Link revoked.")
