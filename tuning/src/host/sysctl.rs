//! Names of sysctls and the files behind them.

/// The file of a key below `/proc/sys`. As sysctl(8) has it, the first separator decides: with a
/// dot, a slash in the key is a dot in the file's name (an interface such as `eth0.100`).
pub fn path_of(key: &str) -> String {
    format!("/proc/sys/{}", swapped(key))
}

/// The key with dots, however it is written.
pub fn canonical(key: &str) -> String {
    let slash_first = key
        .find(['.', '/'])
        .is_some_and(|at| key[at..].starts_with('/'));
    if slash_first {
        swapped_always(key)
    } else {
        key.to_owned()
    }
}

fn swapped(key: &str) -> String {
    let slash_first = key
        .find(['.', '/'])
        .is_some_and(|at| key[at..].starts_with('/'));
    if slash_first {
        key.to_owned()
    } else {
        swapped_always(key)
    }
}

fn swapped_always(key: &str) -> String {
    let swap = |c| match c {
        '.' => '/',
        '/' => '.',
        other => other,
    };
    key.chars().map(swap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_slashes_name_the_same_key() {
        let path = "/proc/sys/net/ipv4/conf/eth0.100/rp_filter";
        assert_eq!(path_of("net.ipv4.conf.eth0/100.rp_filter"), path);
        assert_eq!(path_of("net/ipv4/conf/eth0.100/rp_filter"), path);
        assert_eq!(
            canonical("net/ipv4/conf/eth0.100/rp_filter"),
            "net.ipv4.conf.eth0/100.rp_filter"
        );
        assert_eq!(canonical("vm.swappiness"), "vm.swappiness");
    }
}
