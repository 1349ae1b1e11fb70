"""What a request asks for: its parameters, read and checked, as the readers in `data` take them."""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from starlette.requests import Request

from data.accounts.models import Viewer
from data.accounts.tenants import tenants
from data.calendar import DAY, months_between, parsed_day, utc_day, utc_now
from data.repositories.groups import groups
from data.repositories.repositories import addresses, repositories
from data.store import Store
from data.traffic.export import DAYS_OF, ExportRequest, ExportTable, Key
from data.traffic.models import LARGEST_PAGE, Grain, Metric
from pages.api.authentication import LINKS
from pages.api.problems import Invalid, NotFound

FIRST_DAY, LAST_DAY = date(2008, 1, 1), date(2099, 12, 31)  # GitHub began in 2008
USUAL_PAGE = 1_000
MOST_REPOSITORIES = 200
PAGING = ("limit", "cursor")
PLACE = ("tenant", "group", "repository")
DAYS = ("from", "to", "days")
MOST_DAYS = 4_000
OF_TRAFFIC = ("by", "metric", "compare", "imports")
BY = {Grain.DAY.value: ExportTable.DAILY, Grain.WEEK.value: ExportTable.WEEKLY, Grain.MONTH.value: ExportTable.MONTHLY}
YEAR_PERIODS = {Grain.DAY: 364, Grain.WEEK: 52, Grain.MONTH: 12}
COMPARISONS = ("previous", "year")
IMPORTS = ("included", "left_out")


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """Rows that are asked for: of whom, which, and after which one; without a size all of them."""

    viewer: Viewer
    request: ExportRequest
    after: Key | None
    size: int | None


def parameter(request: Request, name: str) -> str | None:
    """A parameter that may stand once. Raises: Invalid."""
    found = request.query_params.getlist(name)
    if len(found) > 1:
        raise Invalid(name, f"{name} is given {len(found)} times. Give it once.")
    return found[0] if found else None


def refuse_others(request: Request, known: Collection[str]) -> None:
    for name in request.query_params:
        if name not in known and name not in LINKS:
            raise Invalid(name[:100], f"There is no such parameter. There are: {', '.join(known)}.")


def chosen(request: Request, name: str, words: Collection[str]) -> str | None:
    found = parameter(request, name)
    if found is not None and found not in words:
        raise Invalid(name, f"{name} is one of {', '.join(words)}.")
    return found


def day(request: Request, name: str) -> date | None:
    text = parameter(request, name)
    if text is None:
        return None
    found = parsed_day(text)
    if found is None or text != str(found) or not FIRST_DAY <= found <= LAST_DAY:
        raise Invalid(name, f"{name} is a day like 2026-11-14, from {FIRST_DAY} to {LAST_DAY}.")
    return found


def number(request: Request, name: str, most: int) -> int | None:
    text = parameter(request, name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= most):
        raise Invalid(name, f"{name} is a number from 1 to {most}.")
    return int(text)


def size(request: Request) -> int | None:
    return number(request, "limit", LARGEST_PAGE)


def key(request: Request, kinds: tuple[type, ...]) -> Key | None:
    """The key of the last row of the page before, as `cursor` holds it."""
    text = parameter(request, "cursor")
    if text is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        if len(values) == len(kinds):
            return tuple(_value(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise Invalid("cursor", "This is no cursor. Take it from the answer before, as it is.")


def _value(value: object, kind: type) -> object:
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if not isinstance(value, kind) or isinstance(value, bool) or (kind is int and abs(int(str(value))) >= 2**63):
        raise ValueError
    return value


def cursor(last_key: Key) -> str:
    values = [each.isoformat() if isinstance(each, date) else each for each in last_key]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode("ascii")


def next_page(request: Request, last_key: Key) -> str:
    """The address of the page after, without a host: a proxy's name is nobody's to choose."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor(last_key))])}"


KINDS = {"repository_id": int, "note_id": int, "release_id": int, "asset_id": int, "rank": int, "metric": str}


def rows(
    request: Request, viewer: Viewer, store: Store, table: ExportTable | None, paging: Collection[str] = PAGING
) -> RowsRequest:
    """What is asked of a table; without one of the traffic by day, week or month. Raises: Invalid, NotFound."""
    days = () if table is ExportTable.REPOSITORIES else DAYS
    refuse_others(request, (*days, *PLACE, *(() if table else OF_TRAFFIC), *paging))
    by = ExportTable.DAILY if table else BY[chosen(request, "by", BY) or "day"]
    tenant_ids, repository_ids = _place(request, viewer, store)
    first, last = _days(request) if days else (None, None)
    grain = None if table else by.grain
    metric = None if table else chosen(request, "metric", [each.value for each in Metric])
    before = None if table else _before(request, grain or Grain.DAY, first, last)
    export = ExportRequest(
        table or by,
        tenant_ids=tenant_ids,
        repository_ids=repository_ids,
        first_day=first,
        last_day=last,
        today=utc_day(utc_now()),
        metric=None if metric is None else Metric(metric),
        before=before,
        imports=bool(table) or chosen(request, "imports", IMPORTS) != IMPORTS[1],
    )
    kinds = tuple(KINDS.get(name, date) for name in export.table.key)
    of_whom = viewer if tenant_ids is None else viewer.of_each_tenant()
    return RowsRequest(of_whom, export, key(request, kinds), size(request))


def _days(request: Request) -> tuple[date | None, date | None]:
    """The first and the last day; or the last so many up to yesterday, as they move on."""
    first, last = day(request, "from"), day(request, "to")
    if first and last and first > last:
        raise Invalid("from", f"from, {first}, is after to, {last}.")
    many = number(request, "days", MOST_DAYS)
    if many is None:
        return first, last
    if first or last:
        raise Invalid("days", "Give days, or from and to, but not both.")
    yesterday = utc_day(utc_now()) - DAY
    return yesterday - (many - 1) * DAY, yesterday


def _before(request: Request, grain: Grain, first: date | None, last: date | None) -> int | None:
    """How many periods before lies what is compared with."""
    compared = chosen(request, "compare", COMPARISONS)
    if compared is None:
        return None
    if compared == "year":
        return YEAR_PERIODS[grain]
    if first is None or last is None:
        raise Invalid("compare", "compare=previous needs from and to, or days.")
    begin = grain.first_day(first)
    if grain is Grain.MONTH:
        return months_between(begin, last) + 1
    return (last - begin + DAY).days // -DAYS_OF[grain] * -1


def _place(request: Request, viewer: Viewer, store: Store) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    """The tenant, and the repositories, that are named. Raises: NotFound, also for what one may not see."""
    every = viewer.of_each_tenant()
    tenant_ids = _tenant(request, every, store)
    of_whom = viewer if tenant_ids is None else every
    ids: set[int] | None = None
    name = parameter(request, "group")
    if name is not None:
        same = [each for each in groups(of_whom, store) if each.name.casefold() == name.casefold()]
        same = [each for each in same if tenant_ids is None or each.tenant_id in tenant_ids]
        if not same:
            raise NotFound("group", "group")
        ids = {each for group in same for each in group.repository_ids}
    names = request.query_params.getlist("repository")
    if len(names) > MOST_REPOSITORIES:
        raise Invalid("repository", f"At most {MOST_REPOSITORIES} repositories can be named. Use a group or a tenant.")
    if names:
        known = _repositories(of_whom, store, tenant_ids)
        unknown = [each for each in names if each.casefold() not in known]
        if unknown:
            raise NotFound("repository", "repository")
        wanted = {known[each.casefold()] for each in names}
        ids = wanted if ids is None else ids & wanted
    return tenant_ids, None if ids is None else tuple(sorted(ids))


def _tenant(request: Request, every: Viewer, store: Store) -> tuple[int, ...] | None:
    name = parameter(request, "tenant")
    if name is None:
        return None
    owners = frozenset(each.tenant_id for each in repositories(every, store)) | every.tenant_ids
    for tenant in tenants(Viewer(frozenset(), owners), store):
        if tenant.name.casefold() == name.casefold():
            return (tenant.tenant_id,)
    raise NotFound("tenant", "tenant")


def _repositories(viewer: Viewer, store: Store, tenant_ids: tuple[int, ...] | None) -> dict[str, int]:
    """The repositories that may be named, by name and by number."""
    if tenant_ids is None:
        named = {name.casefold(): each for name, each in addresses(viewer, store).items()}
        every = viewer.of_each_tenant().repository_ids
        return named | dict(zip(map(str, every), viewer.counted_each(every), strict=True))
    of_tenant = [each for each in repositories(viewer, store) if each.tenant_id in tenant_ids]
    named = {each.full_name.casefold(): each.repository_id for each in of_tenant}
    return named | {str(each.repository_id): each.repository_id for each in of_tenant}
