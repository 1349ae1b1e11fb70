-- Failures by reason: What failed in the last 30 days, and how often.
select
    outcome,
    message,
    count(*) as times,
    count(distinct repository_id) as repositories,
    max(finished_at) as last_time
from collection_result
where
    outcome not in ('ok', 'unchanged', 'skipped')
    and finished_at >= (select today - 30 from v_today)
group by outcome, message
order by times desc;
