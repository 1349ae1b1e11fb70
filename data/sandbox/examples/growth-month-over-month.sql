-- Growth month over month: Views per day, so longer months do not win; only repositories with all days final in both
-- months.
with months as (
    select
        repository_id,
        full_name,
        date_trunc('month', day)::date as month,
        avg(views) as views_a_day,
        count(*) filter (where views_state = 'final') = day(last_day(min(day))) as is_whole
    from v_daily
    group by repository_id, full_name, date_trunc('month', day)
)

select
    this.full_name,
    this.month,
    round(this.views_a_day, 1) as views_a_day,
    round(100 * (this.views_a_day / nullif(before.views_a_day, 0) - 1), 1) as growth_percent
from months as this
inner join months as before
    on this.repository_id = before.repository_id and before.month = this.month - interval 1 month
where this.is_whole and before.is_whole
order by this.full_name, this.month;
