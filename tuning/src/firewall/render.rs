//! The rule set as text for nft(8).
//!
//! The shipped `nftables/ringmain.nft` is this text for its variables, behind a head of its own;
//! a test compares them. Loading it is one transaction: the old table goes as the new one comes.

use super::{RuleSet, Ssh, TABLE, Tracking};
use crate::setting::Ports;

/// The text, ready for `nft -f`.
pub fn render(rules: &RuleSet) -> String {
    let names = Names::of(rules);
    let mut parts = vec![sets(&names)];
    if rules.tracking == Tracking::Off {
        parts.push(untracked(&names));
    }
    parts.push(input(&names));
    parts.extend(ssh(&names));
    parts.retain(|part| !part.is_empty());
    let (variables, body) = (variables(rules, &names), parts.join("\n"));
    format!("{variables}\n{REPLACE}\ntable {TABLE} {{\n{body}}}\n")
}

const REPLACE: &str = "\
# Make sure that it exists, take it away, write it anew: a load replaces the old one at once.
table inet ringmain { }
delete table inet ringmain
";

/// What there is to name.
struct Names {
    /// Protocol and variable of the service ports.
    services: Vec<(&'static str, &'static str)>,
    /// The families from which SSH connections come.
    families: Vec<Family>,
}

/// What differs between IPv4 and IPv6.
struct Family {
    digit: char,
    protocol: &'static str,
    kind: &'static str,
    networks: String,
}

impl Names {
    fn of(rules: &RuleSet) -> Self {
        let mut services = vec![("tcp", "service_ports")];
        if rules.udp.is_some() {
            services.push(("udp", "service_udp_ports"));
        }
        let mut families = Vec::new();
        if let Ssh::From { networks, .. } = &rules.ssh {
            families.extend(networks.v4().map(|networks| Family {
                digit: '4',
                protocol: "ip",
                kind: "ipv4_addr",
                networks,
            }));
            families.extend(networks.v6().map(|networks| Family {
                digit: '6',
                protocol: "ip6",
                kind: "ipv6_addr",
                networks,
            }));
        }
        Self { services, families }
    }
}

fn variables(rules: &RuleSet, names: &Names) -> String {
    let mut text = match rules.tracking {
        Tracking::Off => {
            "\
# Ports of the service: not tracked, so that neither the size nor the lookup of the connection
# table matters for them (counter: conntrack -C stays flat under load).
"
        }
        Tracking::On => {
            "\
# Ports of the service: tracked, so the connection table has to hold every connection
# (counter: drop in conntrack -S).
"
        }
    }
    .to_owned();
    text += &format!("define service_ports = {{ {} }}\n", listed(&rules.tcp));
    if let Some(ports) = &rules.udp {
        text += &format!("define service_udp_ports = {{ {} }}\n", listed(ports));
    }
    let Ssh::From { port, .. } = &rules.ssh else {
        return text;
    };
    text += "# Networks that may open SSH connections.\n";
    for family in &names.families {
        text += &format!(
            "define ssh_from_{} = {{ {} }}\n",
            family.digit, family.networks
        );
    }
    let statements = match names.families.len() {
        1 => "add statement",
        _ => "two add statements",
    };
    text + &format!(
        "define ssh_port = {port}
# New SSH connections of one address: this many a minute after a first burst. The rate is in the
# {statements} below.
"
    )
}

fn sets(names: &Names) -> String {
    let mut text = String::new();
    for family in &names.families {
        if text.is_empty() {
            text += "    # Who opened SSH connections lately; bounded, and forgotten after 10 minutes.\n";
        }
        text += &format!(
            "    set ssh_seen_{} {{
        type {}
        size 4096
        flags dynamic, timeout
        timeout 10m
    }}
",
            family.digit, family.kind
        );
    }
    text
}

fn untracked(names: &Names) -> String {
    let each = |line: fn(&str, &str) -> String| -> String {
        let services = names.services.iter();
        services
            .map(|(protocol, ports)| line(protocol, ports))
            .collect()
    };
    let arriving = each(|protocol, ports| {
        format!(
            "        {protocol} dport ${ports} notrack
        iif \"lo\" {protocol} sport ${ports} notrack
"
        )
    });
    let leaving = each(|protocol, ports| {
        format!(
            "        {protocol} sport ${ports} notrack
        oif \"lo\" {protocol} dport ${ports} notrack
"
        )
    });
    format!(
        "    # Before connection tracking. On loopback both directions pass both hooks.
    chain untrack_in {{
        type filter hook prerouting priority raw; policy accept;
{arriving}    }}
    chain untrack_out {{
        type filter hook output priority raw; policy accept;
{leaving}    }}
"
    )
}

fn input(names: &Names) -> String {
    let services = names.services.iter();
    let services: String = services
        .map(|(protocol, ports)| format!("        {protocol} dport ${ports} accept\n"))
        .collect();
    let ssh = if names.families.is_empty() {
        ""
    } else {
        "        tcp dport $ssh_port ct state new jump ssh\n"
    };
    format!(
        "    chain input {{
        type filter hook input priority filter; policy drop;
        iif \"lo\" accept
{services}{MESSAGES}{ssh}        counter comment \"dropped\"
    }}
"
    )
}

/// What every host needs, in the order that matters.
const MESSAGES: &str = "
        # Errors about untracked connections look invalid to connection tracking, so this stands
        # before its verdicts. Without \"fragmentation needed\" and \"packet too big\", clients behind
        # a smaller MTU hang after the first full segment.
        icmp type { destination-unreachable, time-exceeded, parameter-problem } accept
        icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
        # Without these, IPv6 does not work at all.
        icmpv6 type {
            nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert
        } ip6 hoplimit 255 accept
        icmpv6 type {
            mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report
        } ip6 saddr fe80::/10 accept
        icmp type echo-request limit rate 20/second burst 40 packets accept
        icmpv6 type echo-request limit rate 20/second burst 40 packets accept

        ct state established,related accept
        ct state invalid drop

        # DHCPv6 answers come to a link-local address.
        ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept

";

fn ssh(names: &Names) -> Option<String> {
    let lines: String = names.families.iter().map(accept_ssh).collect();
    (!lines.is_empty()).then(|| format!("    chain ssh {{\n{lines}    }}\n"))
}

fn accept_ssh(family: &Family) -> String {
    let (protocol, digit) = (family.protocol, family.digit);
    format!(
        "        {protocol} saddr $ssh_from_{digit} add @ssh_seen_{digit} \
         {{ {protocol} saddr limit rate 10/minute burst 20 packets }} accept\n"
    )
}

/// Ports as nft(8) has them in a set.
fn listed(ports: &Ports) -> String {
    ports.to_string().replace(',', ", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firewall::Networks;

    fn rules(udp: Option<&str>, ssh_from: &[&str], tracking: Tracking) -> String {
        let networks = ssh_from.iter().map(|text| text.parse().expect("a network"));
        let ssh = match Networks::of(networks) {
            Ok(networks) => Ssh::From { networks, port: 22 },
            Err(_) => Ssh::Closed,
        };
        let tcp = Ports::read("80,443").expect("ports");
        let udp = udp.map(|ports| Ports::read(ports).expect("ports"));
        render(&RuleSet::new(tcp, udp, ssh, tracking).expect("a rule set"))
    }

    #[test]
    fn what_is_not_asked_for_is_not_mentioned() {
        let closed = rules(None, &[], Tracking::Off);
        assert!(
            !closed.contains("ssh") && !closed.contains("udp_ports"),
            "{closed}"
        );
        let tracked = rules(None, &["10.0.0.0/8"], Tracking::On);
        assert!(
            !tracked.contains("notrack") && !tracked.contains("hook output"),
            "{tracked}"
        );
        assert!(
            tracked.contains("ssh_from_4") && !tracked.contains("_6"),
            "{tracked}"
        );
        let udp = rules(Some("443"), &["fd00::/8"], Tracking::Off);
        assert!(
            udp.contains("udp dport $service_udp_ports notrack\n"),
            "{udp}"
        );
        assert!(
            udp.contains("udp dport $service_udp_ports accept\n"),
            "{udp}"
        );
        assert!(
            udp.contains("define service_udp_ports = { 443 }\n"),
            "{udp}"
        );
        assert!(udp.contains("ssh_from_6") && !udp.contains("_4 "), "{udp}");
    }

    /// The other order hangs clients behind a smaller MTU.
    #[test]
    fn messages_stand_before_the_verdicts_of_connection_tracking() {
        let text = rules(None, &["10.0.0.0/8"], Tracking::Off);
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no {needle}"));
        for message in [
            "icmp type { destination-unreachable",
            "packet-too-big",
            "nd-neighbor",
        ] {
            assert!(at(message) < at("ct state invalid drop"), "{message}");
            assert!(at(message) < at("ct state established"), "{message}");
        }
        assert!(at("delete table inet ringmain") < at("chain input"));
        assert_eq!(text.matches("delete").count(), 1);
        assert!(!text.contains("flush"), "{text}");
    }
}
