-- Subscriptions with their channels, by name: a user's own, and those of the tenants that they manage; or all.
-- Times are UTC. Grain: a subscription and channel. Source: subscription, subscription_channel, account (control).
select
    subscription.subscription_id,
    subscription.kind,
    subscription.user_id,
    subscription.tenant_id,
    account.username,
    subscription.name,
    subscription.settings,
    subscription.active,
    channel.channel_id,
    channel.kind as channel,
    channel.hint,
    channel.ended_because,
    coalesce(channel.since, subscription.added_at) as since
from subscription
left join account on subscription.user_id = account.user_id
left join subscription_channel as channel on subscription.subscription_id = channel.subscription_id
where
    $everything
    or subscription.user_id = $user_id
    or subscription.tenant_id in (select unnest($tenant_ids::integer[]))
order by lower(subscription.name), subscription.subscription_id, channel.channel_id;
