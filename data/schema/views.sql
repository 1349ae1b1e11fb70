-- The public face of `traffic`: views for people who write SQL, rebuilt with every migration; docs/sql.md shows their use.
-- Days are UTC dates, times are UTC without a zone, NULL means unknown and never zero. Views show everything that is
-- stored: who may see what is decided by the readers, not here.
--
-- A day's state, for each metric, is decided here and nowhere else (v_daily; the two numbers are those of day_rule, which
-- data/calendar.py gives):
--   final    somebody knows the day (its source), and it is three days old or older
--   pending  younger than that, or not known yet while GitHub surely shows it (until 13 days later)
--   gap      not known, and GitHub no longer surely shows it; a number beside it may be a part of the day only
create view v_today as
with clock as (
    select coalesce(getvariable('today')::date, make_timestamp(epoch_us(current_timestamp))::date) as today
)

select
    clock.today,
    (clock.today - day_rule.settled_after_days)::date as final_until,
    (clock.today - day_rule.window_days + 1)::date as shown_from
from clock
cross join day_rule;

comment on view v_today is
'One row: the day that the other views take for today. To look from another day: set variable today = date ''2026-05-10''.';
comment on column v_today.today is 'The present day, UTC; or the variable today of the session, where it is set.';
comment on column v_today.final_until is 'The newest day that may be final: three days ago.';
comment on column v_today.shown_from is 'The oldest day that GitHub surely shows still: 13 days ago.';

create view v_daily_without_imports as
select
    known.repository_id,
    known.day,
    case when own.day is null then known.views else own.views end as views,
    case when own.day is null then known.view_uniques else own.view_uniques end as view_uniques,
    case when own.day is null then known.clones else own.clones end as clones,
    case when own.day is null then known.clone_uniques else own.clone_uniques end as clone_uniques,
    case when own.day is null then known.views_source else own.views_source end as views_source,
    case when own.day is null then known.clones_source else own.clones_source end as clones_source
from daily_traffic as known
left join collected_day as own on known.repository_id = own.repository_id and known.day = own.day
left join collected_span as span on known.repository_id = span.repository_id
where span.repository_id is null or known.day between span.first_day and span.last_day;

comment on view v_daily_without_imports is
'One row per repository and day, as daily_traffic would be without any import: what v_daily reads where the session has set variable with_imports = false.';
comment on column v_daily_without_imports.repository_id is 'Our id of the repository.';
comment on column v_daily_without_imports.day is 'The day, UTC.';
comment on column v_daily_without_imports.views is 'Page views that GitHub counted; NULL where it was not asked.';
comment on column v_daily_without_imports.view_uniques is 'Unique visitors of that day. Never to be added up over days.';
comment on column v_daily_without_imports.clones is 'Git clones that GitHub counted.';
comment on column v_daily_without_imports.clone_uniques is 'Unique cloners of that day. Never to be added up over days.';
comment on column v_daily_without_imports.views_source is 'github, or NULL for none (a number may then be partial).';
comment on column v_daily_without_imports.clones_source is 'The same of the clones.';

-- Which of the two is read is decided while a statement is bound: a union of both would double what is to be planned, which for
-- the repositories of one tenant takes as long as to read their days.
-- The id is that of `repository`, so that a filter narrows its few rows, and the join the days: beside each of 600,000 days a
-- look into a list of 10,000 ids would take a fifth of the time.
create view v_daily as
select
    repository.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    daily.day,
    daily.views,
    daily.view_uniques,
    case when daily.view_uniques is not null then 'day' end as view_uniques_kind,
    case
        when daily.views_source is not null and daily.day <= v_today.final_until then 'final'
        when daily.views_source is null and daily.day < v_today.shown_from then 'gap'
        else 'pending'
    end as views_state,
    daily.clones,
    daily.clone_uniques,
    case when daily.clone_uniques is not null then 'day' end as clone_uniques_kind,
    case
        when daily.clones_source is not null and daily.day <= v_today.final_until then 'final'
        when daily.clones_source is null and daily.day < v_today.shown_from then 'gap'
        else 'pending'
    end as clones_state,
    daily.views_source,
    daily.clones_source
from query_table(
    case when coalesce(getvariable('with_imports')::boolean, true) then 'daily_traffic' else 'v_daily_without_imports' end
) as daily
inner join repository using (repository_id)
inner join tenant using (tenant_id)
cross join v_today;

comment on view v_daily is
'One row per repository and day, from the first known day to the last known one or the day of the newest answer. Each metric has a state; what is unknown is NULL, never zero. Where the session has set variable with_imports = false, as it would be without any import.';
comment on column v_daily.repository_id is 'Our id of the repository; it stays when GitHub renames it.';
comment on column v_daily.tenant_id is 'The tenant that tracks it.';
comment on column v_daily.tenant is 'The name of the tenant.';
comment on column v_daily.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_daily.day is 'The day, UTC.';
comment on column v_daily.views is 'Page views: the greatest count ever seen for that day.';
comment on column v_daily.view_uniques is 'Unique visitors of that day. Never to be added up over days: the sum counts returning people again.';
comment on column v_daily.view_uniques_kind is 'What view_uniques counts: day, GitHub''s own count of the day; NULL where it is unknown.';
comment on column v_daily.views_state is 'final: covered and three days old. pending: may still change or come. gap: no answer covered it; a number may be partial.';
comment on column v_daily.clones is 'Git clones: the greatest count ever seen for that day.';
comment on column v_daily.clone_uniques is 'Unique cloners of that day. Never to be added up over days.';
comment on column v_daily.clone_uniques_kind is 'The same of clone_uniques.';
comment on column v_daily.clones_state is 'The same of the clones: final, pending or gap.';
comment on column v_daily.views_source is 'Where the views come from: github, import, or NULL for none (a number may then be partial).';
comment on column v_daily.clones_source is 'The same of the clones.';

create view v_gaps as
with last_days as (
    select
        repository_id,
        coalesce(max(day), max(added_on) - 1) as last_day
    from (
        select
            repository_id,
            day,
            null::date as added_on
        from daily_traffic
        union all
        select
            repository_id,
            null as day,
            added_at::date as added_on
        from repository
    )
    group by repository_id
),

-- From the last row on to today, where a repository is collected still: nobody has asked yet.
not_asked as (
    select
        last_days.repository_id,
        unnest(generate_series(last_days.last_day + 1, v_today.today, interval 1 day))::date as day
    from last_days
    inner join repository using (repository_id)
    inner join tenant using (tenant_id)
    cross join v_today
    where tenant.active and repository.state not in ('paused', 'removed')
),

unknown as (
    select
        repository_id,
        day,
        'views' as metric,
        views_state as state
    from v_daily
    where views_source is null
    union all
    select
        repository_id,
        day,
        'clones' as metric,
        clones_state as state
    from v_daily
    where clones_source is null
    union all
    select
        not_asked.repository_id,
        not_asked.day,
        metrics.metric,
        case when not_asked.day < v_today.shown_from then 'gap' else 'pending' end as state
    from not_asked
    cross join v_today
    cross join (values ('views'), ('clones')) as metrics (metric)
),

numbered as (
    select
        repository_id,
        metric,
        state,
        day,
        day - row_number() over (partition by repository_id, metric, state order by day)::integer as stretch
    from unknown
),

stretches as (
    select
        repository_id,
        metric,
        state,
        min(day) as first_day,
        max(day) as last_day,
        count(*) as days
    from numbered
    group by repository_id, metric, state, stretch
)

select
    stretches.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    stretches.metric,
    stretches.state,
    stretches.first_day,
    stretches.last_day,
    stretches.days
from stretches
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_gaps is
'One row per repository, metric and stretch of days that no answer covered, from the first known day (or the day it was added, where it was never collected) to today; where it is not collected any more, to the newest answer.';
comment on column v_gaps.repository_id is 'Our id of the repository.';
comment on column v_gaps.tenant_id is 'The tenant that tracks it.';
comment on column v_gaps.tenant is 'The name of the tenant.';
comment on column v_gaps.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_gaps.metric is 'views or clones.';
comment on column v_gaps.state is 'pending: GitHub still shows these days. gap: it no longer surely does; they are lost unless its window reaches a day or two further back.';
comment on column v_gaps.first_day is 'The first uncovered day, UTC.';
comment on column v_gaps.last_day is 'The last uncovered day, UTC, included.';
comment on column v_gaps.days is 'How many days that is.';

create view v_weekly as
with parts as (
    select
        repository_id,
        date_trunc('week', day)::date as week,
        day,
        views,
        view_uniques,
        views_state,
        clones,
        clone_uniques,
        clones_state,
        views_source,
        clones_source,
        null as whole_views,
        null as whole_view_uniques,
        null as whole_clones,
        null as whole_clone_uniques
    from v_daily
    where
        day >= coalesce(getvariable('first_day')::date, date '0001-01-01')
        and day <= coalesce(getvariable('last_day')::date, date '9999-12-31')
    union all
    select
        repository_id,
        week,
        null as day,
        null as views,
        null as view_uniques,
        null as views_state,
        null as clones,
        null as clone_uniques,
        null as clones_state,
        null as views_source,
        null as clones_source,
        case when views_complete then views end as whole_views,
        case when views_complete then view_uniques end as whole_view_uniques,
        case when clones_complete then clones end as whole_clones,
        case when clones_complete then clone_uniques end as whole_clone_uniques
    from weekly_traffic
    where
        (views_complete or clones_complete)
        and week >= coalesce(getvariable('first_day')::date, date '0001-01-01')
        and week + 6 <= coalesce(getvariable('last_day')::date, date '9999-12-31')
),

weeks as (
    select
        repository_id,
        week,
        greatest(week, getvariable('first_day')::date) as first_day,
        least(week + 6, getvariable('last_day')::date) as last_day,
        sum(views)::bigint as views,
        max(whole_views) as views_by_github,
        case when max(whole_views) >= coalesce(sum(views), 0) then max(whole_view_uniques) end as view_uniques,
        sum(view_uniques)::bigint as visitor_days,
        count(views)::integer as views_days,
        coalesce(sum(views) filter (where views_state = 'pending'), 0)::bigint as pending_views,
        count(*) filter (where views_state = 'final') as final_views_days,
        bool_or(views_state = 'gap') as views_have_gap,
        count(*) filter (where views_source = 'import') as imported_views_days,
        sum(clones)::bigint as clones,
        max(whole_clones) as clones_by_github,
        case when max(whole_clones) >= coalesce(sum(clones), 0) then max(whole_clone_uniques) end as clone_uniques,
        sum(clone_uniques)::bigint as cloner_days,
        count(clones)::integer as clones_days,
        coalesce(sum(clones) filter (where clones_state = 'pending'), 0)::bigint as pending_clones,
        count(*) filter (where clones_state = 'final') as final_clones_days,
        bool_or(clones_state = 'gap') as clones_have_gap,
        count(*) filter (where clones_source = 'import') as imported_clones_days,
        min(day) as first_row,
        max(day) as last_row
    from parts
    group by repository_id, week
),

known as (
    select
        *,
        last_day - first_day + 1 as days,
        coalesce(
            first_row > first_day or (last_row < last_day and last_row < (select shown_from from v_today) - 1),
            week < (select shown_from from v_today)
        ) as lacks_days
    from weeks
)

select
    known.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    known.week,
    known.views,
    known.view_uniques,
    known.visitor_days,
    case
        when known.view_uniques is not null then 'week' when known.visitor_days is not null then 'sum_of_days'
    end as view_uniques_kind,
    case
        when known.final_views_days = known.days then case when known.days = 7 then 'final' else 'partial' end
        when known.views_have_gap or known.lacks_days then 'gap'
        else 'pending'
    end as views_state,
    known.views_days,
    known.pending_views,
    known.imported_views_days,
    known.views_by_github,
    known.clones,
    known.clone_uniques,
    known.cloner_days,
    case
        when known.clone_uniques is not null then 'week' when known.cloner_days is not null then 'sum_of_days'
    end as clone_uniques_kind,
    case
        when known.final_clones_days = known.days then case when known.days = 7 then 'final' else 'partial' end
        when known.clones_have_gap or known.lacks_days then 'gap'
        else 'pending'
    end as clones_state,
    known.clones_days,
    known.pending_clones,
    known.imported_clones_days,
    known.clones_by_github
from known
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_weekly is
'One row per repository and week (GitHub''s own: Monday to Sunday, UTC): its known days added up, beside what GitHub counted for the whole week in one answer. Where the session has the variables first_day and last_day, the days from the one to the other only.';
comment on column v_weekly.repository_id is 'Our id of the repository.';
comment on column v_weekly.tenant_id is 'The tenant that tracks it.';
comment on column v_weekly.tenant is 'The name of the tenant.';
comment on column v_weekly.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_weekly.week is 'The Monday that the week begins with, UTC.';
comment on column v_weekly.views is 'Page views of the week: the sum of its known days.';
comment on column v_weekly.view_uniques is 'Unique visitors of the week as GitHub counted them; NULL where it never showed the whole week, or fewer requests than its days have.';
comment on column v_weekly.visitor_days is 'The daily unique visitors added up: someone who visits on three days is counted three times.';
comment on column v_weekly.view_uniques_kind is 'Which visitors are known: week, GitHub''s own count (view_uniques); sum_of_days, only the daily ones added up (visitor_days); NULL: none.';
comment on column v_weekly.views_state is 'final: the whole week is known. partial: all its days from first_day to last_day are, but these are not the whole week. pending: days may still change or come. gap: days are missing for good, or lie before the first known day, or after the last one of a history that has ended.';
comment on column v_weekly.views_days is 'Of how many days of the week the views are known, pending ones included.';
comment on column v_weekly.pending_views is 'The part of the views that is of pending days, and may still change.';
comment on column v_weekly.imported_views_days is 'Of how many of these days the views are from another tool.';
comment on column v_weekly.views_by_github is 'GitHub''s own count of the whole week, where it showed one: more than views where a day is missing. Not for adding up with days.';
comment on column v_weekly.clones is 'Git clones of the week: the sum of its known days.';
comment on column v_weekly.clone_uniques is 'Unique cloners of the week as GitHub counted them; NULL where it never showed the whole week, or fewer requests than its days have.';
comment on column v_weekly.cloner_days is 'The daily unique cloners added up, in the same way.';
comment on column v_weekly.clone_uniques_kind is 'The same of the cloners: clone_uniques or cloner_days.';
comment on column v_weekly.clones_state is 'The same of the clones: final, partial, pending or gap.';
comment on column v_weekly.clones_days is 'The same of the clones: how many days are known.';
comment on column v_weekly.pending_clones is 'The part of the clones that is of pending days.';
comment on column v_weekly.imported_clones_days is 'The same of the clones.';
comment on column v_weekly.clones_by_github is 'The same of the clones: GitHub''s own count of the whole week.';

create view v_monthly as
with months as (
    select
        repository_id,
        day - (day(day) - 1)::integer as month,
        greatest(day - (day(day) - 1)::integer, getvariable('first_day')::date) as first_day,
        least(last_day(day), getvariable('last_day')::date) as last_day,
        sum(views)::bigint as views,
        sum(view_uniques)::bigint as visitor_days,
        count(views)::integer as views_days,
        coalesce(sum(views) filter (where views_state = 'pending'), 0)::bigint as pending_views,
        count(*) filter (where views_state = 'final') as final_views_days,
        bool_or(views_state = 'gap') as views_have_gap,
        count(*) filter (where views_source = 'import') as imported_views_days,
        sum(clones)::bigint as clones,
        sum(clone_uniques)::bigint as cloner_days,
        count(clones)::integer as clones_days,
        coalesce(sum(clones) filter (where clones_state = 'pending'), 0)::bigint as pending_clones,
        count(*) filter (where clones_state = 'final') as final_clones_days,
        bool_or(clones_state = 'gap') as clones_have_gap,
        count(*) filter (where clones_source = 'import') as imported_clones_days,
        min(day) as first_row,
        max(day) as last_row
    from v_daily
    where
        day >= coalesce(getvariable('first_day')::date, date '0001-01-01')
        and day <= coalesce(getvariable('last_day')::date, date '9999-12-31')
    group by all
),

known as (
    select
        *,
        last_day - first_day + 1 as days,
        last_day - first_day + 1 = day(last_day(month)) as is_whole,
        first_row > first_day or (last_row < last_day and last_row < (select shown_from from v_today) - 1) as lacks_days
    from months
)

select
    known.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    known.month,
    known.views,
    known.visitor_days,
    case when known.visitor_days is not null then 'sum_of_days' end as view_uniques_kind,
    case
        when known.final_views_days = known.days then case when known.is_whole then 'final' else 'partial' end
        when known.views_have_gap or known.lacks_days then 'gap'
        else 'pending'
    end as views_state,
    known.views_days,
    known.pending_views,
    known.imported_views_days,
    known.clones,
    known.cloner_days,
    case when known.cloner_days is not null then 'sum_of_days' end as clone_uniques_kind,
    case
        when known.final_clones_days = known.days then case when known.is_whole then 'final' else 'partial' end
        when known.clones_have_gap or known.lacks_days then 'gap'
        else 'pending'
    end as clones_state,
    known.clones_days,
    known.pending_clones,
    known.imported_clones_days
from known
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_monthly is
'One row per repository and calendar month (UTC), added up from its known days; where the session has the variables first_day and last_day, from those from the one to the other. GitHub counts no uniques of a month.';
comment on column v_monthly.repository_id is 'Our id of the repository.';
comment on column v_monthly.tenant_id is 'The tenant that tracks it.';
comment on column v_monthly.tenant is 'The name of the tenant.';
comment on column v_monthly.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_monthly.month is 'The first day of the month, UTC.';
comment on column v_monthly.views is 'Page views of the month: the sum of its known days.';
comment on column v_monthly.visitor_days is 'The daily unique visitors added up: someone who visits on three days is counted three times.';
comment on column v_monthly.view_uniques_kind is 'Which visitors are known: sum_of_days, since GitHub counts no month; NULL: none.';
comment on column v_monthly.views_state is 'final: every day is final. partial: every day from first_day to last_day is, but these are not the whole month. pending: days may still change or come. gap: days are missing for good, or lie before the first known day, or after the last one of a history that has ended.';
comment on column v_monthly.views_days is 'Of how many days of the month the views are known, pending ones included.';
comment on column v_monthly.pending_views is 'The part of the views that is of pending days, and may still change.';
comment on column v_monthly.imported_views_days is 'Of how many of these days the views are from another tool.';
comment on column v_monthly.clones is 'Git clones of the month: the sum of its known days.';
comment on column v_monthly.cloner_days is 'The daily unique cloners added up, in the same way.';
comment on column v_monthly.clone_uniques_kind is 'The same of the cloners.';
comment on column v_monthly.clones_state is 'The same of the clones: final, partial, pending or gap.';
comment on column v_monthly.clones_days is 'The same of the clones: how many days are known.';
comment on column v_monthly.pending_clones is 'The part of the clones that is of pending days.';
comment on column v_monthly.imported_clones_days is 'The same of the clones.';

create view v_referrers as
select
    seen.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    seen.observed_on,
    row_number() over (
        partition by seen.repository_id, seen.observed_on
        order by seen.views desc, seen.view_uniques desc, seen.referrer asc
    )::integer as rank,
    seen.referrer,
    seen.views,
    seen.view_uniques,
    '14_days' as view_uniques_kind
from referrer_snapshot as seen
anti join (
    select
        repository_id,
        observed_on
    from snapshot
    where listing = 'referrers' and batch_id is not null and not coalesce(getvariable('with_imports')::boolean, true)
) as imported
    on seen.repository_id = imported.repository_id and seen.observed_on = imported.observed_on
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_referrers is
'One row per repository, day of observation and referrer: GitHub''s top-10 list of the 14 days before. The lists overlap: never add them up over days, compare one with another. A day whose list was empty has no row here, but one in the table snapshot.';
comment on column v_referrers.repository_id is 'Our id of the repository.';
comment on column v_referrers.tenant_id is 'The tenant that tracks it.';
comment on column v_referrers.tenant is 'The name of the tenant.';
comment on column v_referrers.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_referrers.observed_on is 'The day on which the list was seen, UTC.';
comment on column v_referrers.rank is '1 is the referrer with the most views.';
comment on column v_referrers.referrer is 'Where visitors came from, verbatim as GitHub names it, up to 1000 characters.';
comment on column v_referrers.views is 'Page views that came from it in the 14 days before. Never to be added up over snapshots.';
comment on column v_referrers.view_uniques is 'Unique visitors that came from it in these 14 days. Never to be added up, neither over snapshots nor over referrers.';
comment on column v_referrers.view_uniques_kind is 'What view_uniques counts: 14_days, GitHub''s own count of these.';

create view v_paths as
select
    seen.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    seen.observed_on,
    row_number() over (
        partition by seen.repository_id, seen.observed_on
        order by seen.views desc, seen.view_uniques desc, seen.path asc
    )::integer as rank,
    seen.path,
    seen.title,
    seen.views,
    seen.view_uniques,
    '14_days' as view_uniques_kind
from path_snapshot as seen
anti join (
    select
        repository_id,
        observed_on
    from snapshot
    where listing = 'paths' and batch_id is not null and not coalesce(getvariable('with_imports')::boolean, true)
) as imported
    on seen.repository_id = imported.repository_id and seen.observed_on = imported.observed_on
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_paths is
'One row per repository, day of observation and path: GitHub''s top-10 list of the 14 days before. The lists overlap: never add them up over days, compare one with another. A day whose list was empty has no row here, but one in the table snapshot.';
comment on column v_paths.repository_id is 'Our id of the repository.';
comment on column v_paths.tenant_id is 'The tenant that tracks it.';
comment on column v_paths.tenant is 'The name of the tenant.';
comment on column v_paths.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_paths.observed_on is 'The day on which the list was seen, UTC.';
comment on column v_paths.rank is '1 is the path with the most views.';
comment on column v_paths.path is 'The path on github.com, verbatim, up to 1000 characters.';
comment on column v_paths.title is 'The title of the page as GitHub gave it, verbatim, up to 1000 characters; NULL where it gave none.';
comment on column v_paths.views is 'Page views of it in the 14 days before. Never to be added up over snapshots.';
comment on column v_paths.view_uniques is 'Unique visitors of it in these 14 days. Never to be added up, neither over snapshots nor over paths.';
comment on column v_paths.view_uniques_kind is 'What view_uniques counts: 14_days, GitHub''s own count of these.';

create view v_repositories as
with facts as (
    select
        repository_id,
        day as row_day,
        case when coalesce(views, clones) is not null or coalesce(views_source, clones_source) is not null then day end
            as known_day,
        views,
        clones,
        case when views_source = 'github' then day end as views_day,  -- what was imported may end long ago
        case when clones_source = 'github' then day end as clones_day,
        views_state = 'pending' or clones_state = 'pending' as is_pending,
        views_state = 'gap' or clones_state = 'gap' as is_gap,
        case
            when
                (views_state = 'pending' and views_source is null)
                or (clones_state = 'pending' and clones_source is null)
                then day
        end as open_day,
        null::timestamp as answered_at,
        null::text as window_metric,
        null::date as window_day,
        null::timestamp as window_at,
        null::bigint as window_uniques,
        null::date as stats_day,
        null::bigint as stars,
        null::bigint as forks,
        null::bigint as watchers
    from v_daily
    where day >= coalesce(getvariable('known_from')::date, date '0001-01-01')
    union all by name
    select
        repository_id,
        last_good_at as answered_at
    from endpoint_state
    where endpoint in ('views', 'clones') and last_good_at is not null
    union all by name
    select
        repository_id,
        metric as window_metric,
        last_day as window_day,
        observed_at as window_at,
        uniques as window_uniques
    from traffic_window
    where uniques is not null and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
    union all by name
    select
        repository_id,
        day as stats_day,
        stars,
        forks,
        watchers
    from repository_stats
    where batch_id is null or coalesce(getvariable('with_imports')::boolean, true)
    union all by name
    select repository_id
    from repository
),

sums as (
    select
        repository_id,
        sum(views)::bigint as views,
        sum(clones)::bigint as clones,
        min(known_day) as first_day,
        max(known_day) as last_day,
        max(row_day) as last_row,
        max(views_day) as views_until,
        max(clones_day) as clones_until,
        count(*) filter (where is_pending) as pending_days,
        count(*) filter (where is_gap) as gap_days,
        min(open_day) as first_open_day,
        max(answered_at) as last_collected_at,
        arg_max(window_uniques, (window_day, window_at)) filter (where window_metric = 'views') as view_uniques,
        arg_max(window_uniques, (window_day, window_at)) filter (where window_metric = 'clones') as clone_uniques,
        arg_max(stars, stats_day) as stars,
        arg_max(forks, stats_day) as forks,
        arg_max(watchers, stats_day) as watchers
    from facts
    group by repository_id
),

-- From the day after the last row on to today, where it is collected still, nobody has asked yet.
known as (
    select
        sums.*,
        repository.tenant_id,
        tenant.name as tenant,
        repository.full_name,
        repository.state,
        repository.state_reason,
        repository.added_at::date as added_on,
        v_today.shown_from,
        coalesce(sums.last_row + 1, repository.added_at::date) as first_not_asked,
        case when tenant.active and repository.state not in ('paused', 'removed') then v_today.today end as tracked_on
    from sums
    inner join repository using (repository_id)
    inner join tenant using (tenant_id)
    cross join v_today
)

select
    repository_id,
    tenant_id,
    tenant,
    full_name,
    state,
    state_reason,
    views,
    clones,
    first_day,
    last_day,
    last_collected_at,
    pending_days + case
        when tracked_on is null then 0
        else greatest(tracked_on - greatest(first_not_asked, shown_from) + 1, 0)
    end as pending_days,
    gap_days + case
        when tracked_on is null then 0
        else greatest(least(tracked_on + 1, shown_from) - first_not_asked, 0)
    end as gap_days,
    view_uniques as view_uniques_of_14_days,
    clone_uniques as clone_uniques_of_14_days,
    stars,
    forks,
    watchers,
    case
        when tracked_on is not null
            then least(
                coalesce(views_until + 1, added_on),
                coalesce(clones_until + 1, added_on),
                first_open_day,
                case when first_not_asked <= tracked_on then greatest(first_not_asked, shown_from) end
            ) - shown_from
    end as days_until_loss
from known;

comment on view v_repositories is
'One row per repository that a tenant tracks or has tracked: totals, pending days, gaps, and days until GitHub deletes data. Where the session has the variable known_from, of the days from then on only.';
comment on column v_repositories.repository_id is 'Our id of the repository.';
comment on column v_repositories.tenant_id is 'The tenant that tracks it.';
comment on column v_repositories.tenant is 'The name of the tenant.';
comment on column v_repositories.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_repositories.state is 'active, paused, unavailable, blocked or removed.';
comment on column v_repositories.state_reason is 'Why it is unavailable or blocked, in a sentence.';
comment on column v_repositories.views is 'Page views of all known days, pending ones included; NULL where none is known.';
comment on column v_repositories.clones is 'Git clones of all known days, pending ones included; NULL where none is known.';
comment on column v_repositories.first_day is 'The first day known, UTC.';
comment on column v_repositories.last_day is 'The last day known, UTC.';
comment on column v_repositories.last_collected_at is 'When GitHub last answered with views or clones, UTC.';
comment on column v_repositories.pending_days is 'Days up to today whose views or clones are pending.';
comment on column v_repositories.gap_days is 'Days up to today whose views or clones are a gap, those since the last answer included.';
comment on column v_repositories.view_uniques_of_14_days is 'Unique visitors of 14 days as GitHub counted them in its newest answer.';
comment on column v_repositories.clone_uniques_of_14_days is 'Unique cloners of 14 days as GitHub counted them in its newest answer.';
comment on column v_repositories.stars is 'Stars when last seen.';
comment on column v_repositories.forks is 'Forks when last seen.';
comment on column v_repositories.watchers is 'Watchers (who get notifications) when last seen.';
comment on column v_repositories.days_until_loss is 'For how many days after today GitHub still surely shows the first day that views or clones lack. 0: today is its last day. Negative: the days after the newest covered one are being lost. NULL: not collected any more.';

create view v_spikes as
select
    spike.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    spike.metric,
    case when spike.score > 0 then 'spike' else 'drop' end as kind,
    spike.first_day,
    spike.last_day,
    spike.peak_day,
    spike.value,
    spike.expected,
    spike.score
from spike
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_spikes is
'One row per repository, metric and stretch of unusual final days, compared with the repository''s own weekly pattern, as of the end of the last collection. Unusual days at most two days apart are one stretch.';
comment on column v_spikes.repository_id is 'Our id of the repository.';
comment on column v_spikes.tenant_id is 'The tenant that tracks it.';
comment on column v_spikes.tenant is 'The name of the tenant.';
comment on column v_spikes.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_spikes.metric is 'views or clones.';
comment on column v_spikes.kind is 'spike: more than expected. drop: less.';
comment on column v_spikes.first_day is 'The first unusual day, UTC.';
comment on column v_spikes.last_day is 'The last one, included.';
comment on column v_spikes.peak_day is 'The most unusual of these days.';
comment on column v_spikes.value is 'The views or clones of that day.';
comment on column v_spikes.expected is 'What was expected by the level and the weekday of the weeks around it.';
comment on column v_spikes.score is 'The difference in robust standard deviations; negative: a drop. 2.5 or more are unusual.';

create view v_stars as
select
    repository.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    seen.day,
    seen.stars_gained,
    seen.stars,
    seen.forks,
    seen.watchers,
    seen.open_issues_and_pull_requests,
    seen.size_kb
from (
    select
        coalesce(gained.repository_id, stats.repository_id) as repository_id,
        coalesce(gained.day, stats.day) as day,
        gained.stars as stars_gained,
        stats.stars,
        stats.forks,
        stats.watchers,
        stats.open_issues_and_pull_requests,
        stats.size_kb
    from star_history as gained
    full join (
        from repository_stats
        where batch_id is null or coalesce(getvariable('with_imports')::boolean, true)
    ) as stats
        on gained.repository_id = stats.repository_id and gained.day = stats.day
) as seen
inner join repository using (repository_id)
inner join tenant using (tenant_id);

comment on view v_stars is
'One row per repository and day of which stars gained or the counters are known. The counters are those of the last look on that day.';
comment on column v_stars.repository_id is 'Our id of the repository.';
comment on column v_stars.tenant_id is 'The tenant that tracks it.';
comment on column v_stars.tenant is 'The name of the tenant.';
comment on column v_stars.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_stars.day is 'The day; GitHub does not promise that the days of its star history are UTC.';
comment on column v_stars.stars_gained is 'Stars given on that day, less those taken back until GitHub last reported it, which it does for about five weeks; NULL where the history does not reach.';
comment on column v_stars.stars is 'All stars at the last look of that day.';
comment on column v_stars.forks is 'All forks at that look.';
comment on column v_stars.watchers is 'All watchers (who get notifications) at that look.';
comment on column v_stars.open_issues_and_pull_requests is 'Open issues and pull requests together, as GitHub counts them.';
comment on column v_stars.size_kb is 'The size of the repository in kB, as GitHub reports it.';

create view v_releases as
select
    seen.repository_id,
    repository.tenant_id,
    tenant.name as tenant,
    repository.full_name,
    seen.release_id,
    release.tag_name,
    release.name as release_name,
    release.prerelease,
    release.published_at,
    seen.asset_id,
    seen.asset_name,
    seen.day,
    seen.downloads,
    seen.downloads - lag(seen.downloads) over (
        partition by seen.repository_id, seen.asset_id
        order by seen.day
    ) as downloads_gained
from release_download as seen
inner join repository using (repository_id)
inner join tenant using (tenant_id)
left join release
    on seen.repository_id = release.repository_id and seen.release_id = release.release_id;

comment on view v_releases is
'One row per release asset and day on which its download counter differed from the reading before. Releases without an asset have no row here, but one in the table release.';
comment on column v_releases.repository_id is 'Our id of the repository.';
comment on column v_releases.tenant_id is 'The tenant that tracks it.';
comment on column v_releases.tenant is 'The name of the tenant.';
comment on column v_releases.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_releases.release_id is 'GitHub''s id of the release.';
comment on column v_releases.tag_name is 'The tag of the release, verbatim.';
comment on column v_releases.release_name is 'The title of the release, verbatim; NULL where it has none.';
comment on column v_releases.prerelease is 'Whether it is marked as a pre-release.';
comment on column v_releases.published_at is 'When it was published, UTC.';
comment on column v_releases.asset_id is 'GitHub''s id of the file.';
comment on column v_releases.asset_name is 'The name of the file, verbatim.';
comment on column v_releases.day is 'The day of the reading, UTC. A day without a row had the counter of the row before.';
comment on column v_releases.downloads is 'Downloads of the file since it was uploaded.';
comment on column v_releases.downloads_gained is 'Downloads since the reading before; NULL for the first reading.';

-- A checkout by GitHub Actions is a clone. How many a run makes is learned from runs chosen by chance in the four weeks around
-- a day: on average so many that two standard errors less are still sure in at least 95 of 100 cases (from eight runs on).
create view v_clones as
with sampled as (
    select
        repository_id,
        day,
        count(*) as runs,
        sum(checkouts) as checkouts,
        sum(checkouts * checkouts) as squares
    from sampled_run
    group by repository_id, day
),

around as (
    select
        workflow_day.repository_id,
        workflow_day.day,
        workflow_day.runs,
        sampled.checkouts as seen_checkouts,
        sum(sampled.runs) over weeks_around as sampled_runs,
        sum(sampled.checkouts) over weeks_around as sampled_checkouts,
        sum(sampled.squares) over weeks_around as squares
    from workflow_day
    left join sampled using (repository_id, day)
    window weeks_around as (
        partition by workflow_day.repository_id
        order by workflow_day.day
        range between interval 14 days preceding and interval 14 days following
    )
),

learned as (
    select
        repository_id,
        day,
        runs,
        sampled_runs,
        sampled_checkouts / sampled_runs as checkouts_a_run,
        greatest(
            seen_checkouts,
            case when runs = 0 then 0 end,
            case
                when sampled_runs >= 8
                    then floor(
                        runs * greatest(
                            checkouts_a_run - 2 * sqrt(
                                greatest(squares - sampled_checkouts * checkouts_a_run, 0)
                                / (sampled_runs - 1) / sampled_runs
                            ),
                            0
                        )
                    )
            end
        )::bigint as least_checkouts
    from around
)

select
    daily.repository_id,
    daily.tenant_id,
    daily.tenant,
    daily.full_name,
    daily.day,
    daily.clones,
    daily.clone_uniques,
    daily.clone_uniques_kind,
    daily.clones_state,
    learned.runs as workflow_runs,
    learned.sampled_runs::bigint as sampled_runs,
    learned.checkouts_a_run,
    case
        when daily.clones is not null and learned.least_checkouts is not null
            then least(daily.clones, learned.least_checkouts)
    end as at_least_by_actions,
    daily.clones - at_least_by_actions as at_most_by_others,
    ceil(daily.clones / nullif(daily.clone_uniques, 0))::bigint as at_least_by_one_cloner,
    case
        when count(*) filter (where daily.clones_state = 'final') over fortnight = 15
            then min(daily.clones) over fortnight
    end as steady_floor
from v_daily as daily
left join learned using (repository_id, day)
window fortnight as (partition by daily.repository_id order by daily.day rows between 14 preceding and current row);

comment on view v_clones is
'One row per repository and day: its clones, and how many of them machines have made at least. The raw numbers stay as they are. What it cannot know: builds elsewhere than on GitHub Actions, mirrors, and bots.';
comment on column v_clones.repository_id is 'Our id of the repository.';
comment on column v_clones.tenant_id is 'The tenant that tracks it.';
comment on column v_clones.tenant is 'The name of the tenant.';
comment on column v_clones.full_name is 'OWNER/NAME, as last seen on GitHub.';
comment on column v_clones.day is 'The day, UTC.';
comment on column v_clones.clones is 'Git clones: the greatest count ever seen for that day.';
comment on column v_clones.clone_uniques is 'Unique cloners of that day. Never to be added up over days.';
comment on column v_clones.clone_uniques_kind is 'What clone_uniques counts: day, GitHub''s own count of the day; NULL where it is unknown.';
comment on column v_clones.clones_state is 'final, pending or gap, as in v_daily.';
comment on column v_clones.workflow_runs is 'Workflow runs of GitHub Actions begun on that day: the greatest count ever seen. NULL: not known; 1000 may mean more.';
comment on column v_clones.sampled_runs is 'How many runs of the four weeks around, chosen by chance, were looked at.';
comment on column v_clones.checkouts_a_run is 'The checkouts that these runs made on average.';
comment on column v_clones.at_least_by_actions is 'Clones that GitHub Actions made at least: the checkouts seen, or runs times their average less two standard errors (with eight sampled runs or more); never more than clones. NULL: not known.';
comment on column v_clones.at_most_by_others is 'The other clones: so many at most.';
comment on column v_clones.at_least_by_one_cloner is 'Clones that the busiest cloner made at least: clones by unique cloners, rounded up. With one unique cloner, all of them.';
comment on column v_clones.steady_floor is 'The fewest clones of the 15 days up to this one, all of them final: so many come every day, a sign of machines. NULL: not all are known.';

create view v_notes as
select
    note.note_id,
    note.tenant_id,
    tenant.name as tenant,
    note.repository_id,
    repository.full_name,
    note.day,
    note.note,
    note.link,
    note.added_at
from note
inner join tenant using (tenant_id)
left join repository on note.repository_id = repository.repository_id;

comment on view v_notes is
'One row per note: what somebody wrote of a day. Of one repository, or of all repositories of its tenant, where it names none.';
comment on column v_notes.note_id is 'Our id of the note.';
comment on column v_notes.tenant_id is 'The tenant whose people wrote it.';
comment on column v_notes.tenant is 'The name of the tenant.';
comment on column v_notes.repository_id is 'Our id of the repository that it is about; NULL: of all repositories of the tenant.';
comment on column v_notes.full_name is 'OWNER/NAME of that repository, as GitHub last reported it; NULL where it is about all.';
comment on column v_notes.day is 'The day that it is about, UTC.';
comment on column v_notes.note is 'What was written, on one line, verbatim.';
comment on column v_notes.link is 'The address of a web page that belongs to it; NULL where there is none.';
comment on column v_notes.added_at is 'When it was written, UTC.';

create view v_groups as
select
    grouped.group_id,
    grouped.name as group_name,
    grouped.tenant_id,
    tenant.name as tenant,
    member.repository_id,
    repository.full_name
from repository_group as grouped
inner join tenant using (tenant_id)
inner join repository_group_member as member using (group_id)
inner join repository on member.repository_id = repository.repository_id;

comment on view v_groups is
'One row per group of repositories (a product, a team) and repository in it. To ask about a group, join it by repository_id.';
comment on column v_groups.group_id is 'Our id of the group; it stays when the group is renamed.';
comment on column v_groups.group_name is 'The name of the group, unique in its tenant.';
comment on column v_groups.tenant_id is 'The tenant whose group it is.';
comment on column v_groups.tenant is 'The name of the tenant.';
comment on column v_groups.repository_id is 'Our id of a repository in it.';
comment on column v_groups.full_name is 'OWNER/NAME of that repository, as last seen on GitHub.';

create view v_deliveries as
select
    attempt.happened_at,
    attempt.kind,
    attempt.subscription_id,
    attempt.subscription,
    attempt.tenant_id,
    tenant.name as tenant,
    attempt.channel,
    attempt.occasion,
    attempt.outcome,
    attempt.status,
    attempt.reason,
    attempt.elapsed_ms
from delivery_attempt as attempt
left join tenant using (tenant_id);

comment on view v_deliveries is
'One row per attempt to send a report or an alert. It has no address.';
comment on column v_deliveries.happened_at is 'When it was tried, UTC.';
comment on column v_deliveries.kind is 'report, alert or test.';
comment on column v_deliveries.subscription_id is 'Our id of the subscription.';
comment on column v_deliveries.subscription is 'Its name; NULL where it is somebody''s own.';
comment on column v_deliveries.tenant_id is 'The tenant whose it is; NULL where it is somebody''s own.';
comment on column v_deliveries.tenant is 'The name of the tenant.';
comment on column v_deliveries.channel is 'The kind of channel: slack, teams, discord, webhook, mail, other.';
comment on column v_deliveries.occasion is 'The week (2026-W47) or month (2026-10) of the report, or the moment of the alert.';
comment on column v_deliveries.outcome is 'sent, again (it will be tried again), failed, or skipped (there was nothing to send).';
comment on column v_deliveries.status is 'The status that the channel answered with; NULL where it did not answer.';
comment on column v_deliveries.reason is 'Why it was not sent, mostly in the channel''s own words.';
comment on column v_deliveries.elapsed_ms is 'How long it took, in milliseconds.';
