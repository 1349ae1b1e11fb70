-- Sets down which repositories a question is about, with the stretch of days that each is known for (UTC, as in
-- v_daily; exact as far as it touches the days asked for, their whole weeks and months and as many days before, so
-- that nobody's whole history is read).
-- Grain: a visible repository whose name contains the search. Source: repository, coverage, endpoint_state, daily_traffic.
create or replace temp table shown_repository as
with reach as (
    select
        least(
            date_trunc('month', $first_day::date)::date - 7,
            $first_day::date - ($last_day::date - $first_day::date + 1)::integer
        ) as first_day,
        least(last_day($last_day::date) + 7, today) as last_day
    from v_today
),

chosen as materialized (
    select
        repository_id,
        full_name,
        added_at::date as added_on
    from repository
    where
        repository_id in (select unnest($visible))
        and contains(lower(full_name), lower($search))
),

answered as materialized (
    select
        chosen.repository_id,
        covered.first_day,
        greatest(covered.last_day, answers.last_day) as last_day
    from chosen
    left join (
        select
            repository_id,
            min(first_day) as first_day,
            max(last_day) as last_day
        from coverage
        group by repository_id
    ) as covered using (repository_id)
    left join (
        select
            repository_id,
            max(last_good_at)::date as last_day
        from endpoint_state
        where endpoint in ('views', 'clones')
        group by repository_id
    ) as answers using (repository_id)
),

earlier as (
    select
        repository_id,
        min(day) as first_day
    from daily_traffic
    where
        repository_id in (
            select repository_id from answered
            where first_day is null or first_day > (select first_day from reach)
        )
    group by repository_id
),

later as (
    select
        repository_id,
        max(day) as last_day
    from daily_traffic
    where
        day >= (select first_day from reach)
        and repository_id in (
            select repository_id from answered
            where last_day is null or last_day < (select last_day from reach)
        )
    group by repository_id
)

select
    chosen.repository_id,
    chosen.full_name,
    row_number() over (order by lower(chosen.full_name), chosen.repository_id) as name_rank,
    coalesce(least(answered.first_day, earlier.first_day), chosen.added_on) as known_from,
    greatest(answered.last_day, later.last_day) as known_until
from chosen
inner join answered using (repository_id)
left join earlier using (repository_id)
left join later using (repository_id);
