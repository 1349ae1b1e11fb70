-- Spikes: Days with more than twice the median of the same weekday in the eight weeks before.
with compared as (
    select
        full_name,
        day,
        views,
        median(views) over same_weekday as usual,
        count(views) over same_weekday as weeks_before
    from v_daily
    where views_state = 'final'
    window same_weekday as (
        partition by repository_id, isodow(day)
        order by day
        range between interval 56 days preceding and interval 1 day preceding
    )
)

select full_name, day, views, usual, round(views / usual, 1) as times_usual
from compared
where weeks_before >= 4 and usual > 0 and views > 2 * usual
order by times_usual desc;
