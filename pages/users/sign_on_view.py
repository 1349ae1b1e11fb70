"""How people sign in: passwords, the organization's provider, the domains that it lets in, the roles of its groups."""

import streamlit as st

from data.accounts import grants, sign_on
from data.accounts.models import Account, Role
from data.accounts.sign_on import CLAIM, NewSignOnRule, RuleKind, SignOnRule
from data.calendar import utc_now
from data.repositories.repositories import repository_names
from pages.ui import controls, messages
from pages.ui.addresses import base_path
from pages.ui.sign_on_routes import Provider, provider
from pages.ui.store import the_store
from pages.users import view

ADD = {RuleKind.DOMAIN: "Let an e-mail domain in", RuleKind.GROUP: "Give a group a role"}
ICONS = {RuleKind.DOMAIN: ":material/alternate_email:", RuleKind.GROUP: ":material/groups:"}


def draw_sign_in(account: Account) -> None:
    found = provider()
    with st.container(border=True, key="sign_in_ways"):
        _draw_organization(found)
        _draw_passwords(account, found)
    with st.container(border=True, key="sign_in_rules"):
        st.header("Who gets in, with which role", anchor=False)
        _draw_rules(account)
        with st.container(horizontal=True):
            for kind, label in ADD.items():
                if st.button(label, key=f"rule_add_{kind}", icon=ICONS[kind]):
                    _ask_for_rule(account, kind, found)


def _draw_organization(provider: Provider | None) -> None:
    st.header("Organization", anchor=False)
    if provider is not None:
        st.markdown(f":green[:material/check_circle:] Set up: {messages.literal(provider.likely_issuer)}")
        return
    help_page = f"{base_path()}/help?chapter=operator#sign-on-by-your-organization"
    st.caption(f"Signing in with your organization is not set up. [How to set it up]({help_page})")


def _draw_passwords(account: Account, provider: Provider | None) -> None:
    are_on = sign_on.passwords_open(the_store())
    st.header("Passwords", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("On: everybody who has one can sign in with it." if are_on else "Off: by the organization only.")
        if are_on and provider is not None and controls.danger_button("Switch off", ":material/lock:", "passwords_off"):
            _ask_to_switch_off(account)
        if not are_on and st.button("Switch on", key="passwords_on", icon=":material/lock_open:"):
            sign_on.switch_passwords(the_store(), account.username, utc_now(), on=True)
            messages.notice_after_rerun("Passwords are switched on.")


def _ask_to_switch_off(account: Account) -> None:
    unlinked = ", ".join(map(messages.literal, sign_on.unlinked(account, the_store())))
    messages.confirm(
        "Switch passwords off?",
        "Everybody signs in with the organization from now on. Open sessions and API tokens go on. "
        + (f"Who has not linked it yet needs a sign-in link from you: {unlinked}. " if unlinked else "")
        + "The way back on the server: `python -m collector signon passwords on`.",
        "Switch off",
        lambda: sign_on.switch_passwords(the_store(), account.username, utc_now(), on=False),
        "Passwords are switched off.",
    )


def _draw_rules(account: Account) -> None:
    found = sign_on.rules(account, the_store())
    if not found:
        st.caption("Only people you invite.")
    administered = grants.administered(account, the_store())
    tenant_names, names = view.tenant_names(account), repository_names(administered, the_store())
    for each in found:
        role = view.role_text(each.grant.role, each.grant.tenant_id, tenant_names)
        repository = names.get(each.grant.repository_id or 0, "")
        text = rule_text(each, f"{role}{' · ' * bool(repository)}{messages.literal(repository)}")
        if controls.item(text, f"rule_{each.rule_id}", ("Remove", ":material/delete:", f"rule_remove_{each.rule_id}")):
            _ask_to_remove(account, each)


def rule_text(rule: SignOnRule, role: str) -> str:
    """A rule in a sentence, and below it of which provider it is."""
    value = messages.literal(rule.value)
    if rule.kind is RuleKind.DOMAIN:
        who = f"Verified addresses at **{value}**" + (" and its sub-domains" if rule.subdomains else "")
    else:
        who = f"Members of **{value}**" + (" (also without an invitation)" if rule.lets_in else "")
    claim = f"claim {messages.literal(rule.claim)}, " if rule.claim else ""
    return f"{ICONS[rule.kind]} {who}: {role}  \n:gray[:small[{claim}{messages.literal(rule.issuer)}]]"


def _ask_to_remove(account: Account, rule: SignOnRule) -> None:
    of_group = "Its members lose the role now, unless another group or somebody has given it."
    of_domain = "Nobody new is let in by it. Users whom it has let in stay."
    messages.confirm(
        "Remove this rule?",
        of_group if rule.kind is RuleKind.GROUP else of_domain,
        "Remove",
        lambda: sign_on.remove_rule(the_store(), account.username, rule.rule_id, utc_now()),
        "The rule is removed.",
    )


def _ask_for_rule(account: Account, kind: RuleKind, provider: Provider | None) -> None:
    @messages.dialog(ADD[kind], icon=ICONS[kind])
    def ask() -> None:
        issuer = sign_on.known_issuer(account, the_store()) or (provider.likely_issuer if provider else "")
        rules, may_make_admins = _typed_rules(account, kind, issuer)
        if not st.button("Add", type="primary", key="rule_submit", width="stretch"):
            return
        if not rules:
            st.error("Choose what the role is for.")
            return
        for each in rules:
            sign_on.add_rule(the_store(), account.username, each, utc_now(), may_make_admins=may_make_admins)
        messages.notice_after_rerun("This holds from the next sign-in on.")

    ask()


def _typed_rules(account: Account, kind: RuleKind, known_issuer: str) -> tuple[list[NewSignOnRule], bool]:
    """The fields of a rule; what is typed, one for each repository that is chosen, and whether it may make admins."""
    claim, subdomains, lets_in, may_make_admins = None, False, True, False
    if kind is RuleKind.DOMAIN:
        value = st.text_input("Domain", key="rule_value", placeholder="example.org")
        subdomains = st.checkbox("Its sub-domains too", key="rule_subdomains")
        st.caption("Only addresses that the organization has verified count. Whoever comes first time gets this role:")
    else:
        value = st.text_input("Group", key="rule_value", help="As it stands in the claim: a name, or an id.")
        claim = st.text_input("Claim", CLAIM, key="rule_claim", help="The part of the token that lists the groups.")
        lets_in = st.checkbox("Members need no invitation", key="rule_lets_in")
        st.caption("Read at each sign-in: who is not in the group any more loses the role.")
    chosen = view.draw_grant_choice(account, "rule", but=[Role.ADMIN] if kind is RuleKind.DOMAIN else [])
    if kind is RuleKind.GROUP and chosen and chosen[0].role is Role.ADMIN:
        may_make_admins = st.checkbox("Whoever is in this group administers this server", key="rule_admin")
    issuer = st.text_input("Provider (issuer)", known_issuer, key="rule_issuer").strip()
    rules = [NewSignOnRule(kind, issuer, value, each, claim, subdomains, lets_in) for each in chosen]
    return rules, may_make_admins
