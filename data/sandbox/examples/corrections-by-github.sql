-- Corrections by GitHub: How much a day still rose after it was first seen, by its age.
select
    revision.metric,
    observed_at::date - day as age_in_days,
    count(*) as corrections,
    round(100 * sum(revision.count - revision.count_before) / sum(revision.count_before), 1) as rise_percent
from traffic_revision as revision
where revision.count_before > 0
group by revision.metric, age_in_days
order by revision.metric, age_in_days;
