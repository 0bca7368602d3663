//! The values as ansible tasks.

use super::Values;

/// Tasks that set the sysctls and write the drop-in of a unit.
pub fn ansible(values: &Values<'_>, unit: &str) -> String {
    let mut text = String::from("---\n");
    for value in &values.sysctls {
        text.push_str(&format!(
            "- name: {}\n  ansible.posix.sysctl:\n    name: {}\n    value: \"{}\"\n    sysctl_file: \
             /etc/sysctl.d/80-ringtune.conf\n    sysctl_set: true\n    state: present\n",
            quoted(value.why),
            value.key,
            value.value
        ));
    }
    for value in &values.files {
        let file = value.file.unwrap_or_default();
        text.push_str(&format!(
            "- name: {}\n  ansible.builtin.copy:\n    dest: /etc/tmpfiles.d/80-ringtune-{}.conf\n    \
             content: |\n      w {file} - - - - {}\n    mode: \"0644\"\n",
            quoted(value.why),
            value.key.replace('.', "-"),
            value.value
        ));
    }
    let drop_in = values.drop_in();
    if !drop_in.is_empty() {
        let folder = format!("/etc/systemd/system/{unit}.d");
        text.push_str(&format!(
            "- name: {}\n  ansible.builtin.file:\n    path: {folder}\n    state: directory\n    mode: \
             \"0755\"\n- name: {}\n  ansible.builtin.copy:\n    dest: {folder}/10-ringtune.conf\n    \
             mode: \"0644\"\n    content: |\n",
            quoted("Folder for what the service gets"),
            quoted("Limits of the service, in force after its restart"),
        ));
        for line in drop_in.lines() {
            text.push_str(&format!("      {line}\n"));
        }
    }
    text
}

/// A text as YAML takes it whatever is in it: JSON strings are YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
