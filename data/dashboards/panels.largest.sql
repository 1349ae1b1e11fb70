-- The largest groups of those set down, and how many there are: by what their periods add up to, or, of counters, by
-- what was known last. Grain: a name and period. Source: panel_group.
with ranked as (
    select
        name,
        row_number() over (
            order by if($is_counter, arg_max(value, coalesce(period, date '1900-01-01')), sum(value)) desc nulls last, lower(name)
        ) as rank,
        count(*) over () as names
    from panel_group
    group by name
)

select
    panel_group.period,
    panel_group.name,
    panel_group.value,
    panel_group.state,
    ranked.names
from panel_group
inner join ranked on panel_group.name is not distinct from ranked.name
where ranked.rank <= $most
order by ranked.rank, panel_group.period;
