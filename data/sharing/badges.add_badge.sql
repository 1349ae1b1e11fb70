-- Adds a badge. Grain: a badge. Target: badge (control). Times are UTC.
insert into badge (
    badge_id, public_id, tenant_id, repository_id, group_id, measure, period, label, colour, style, made_by, made_at
) values (
    $badge_id, $public_id, $tenant_id, $repository_id, $group_id, $measure, $period, $label, $colour, $style, $by, $now
);
