"""How each program is connected with a data link, step by step. Pure."""

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


def steps(program: str, link: str, plain: str) -> list[str]:
    """How a program reads a link, in turns as text and as what is to be copied; `plain` is the same address without its
    secret.
    """
    return PROGRAMS[program].format(link=link, plain=plain, origin=plain.partition("/api/")[0]).split("```")
