//! Documents of ringload, read as the bench reads them.

use super::*;

const CPU: Duration = Duration::from_millis(2900);

/// A closed loop, with fields that this bench does not know.
const CLOSED: &str = r#"{"schema":"ringload/1","generator":"ringload 0.1.0","runs":[{
    "name":"load","window_s":4.0,"connecting_s":0.01,
    "totals":{"requests":400000,"good":400000,"errors":{},"statuses":{"200":400000}},
    "rate":{"target":null,"achieved":100000.0},
    "latency":{"count":400000,"quantiles":[
        {"q":0.5,"value_ns":313000,"interval_ns":null},
        {"q":0.99,"value_ns":1020000,"interval_ns":[1,2]}],"histogram":"x"},
    "lag":null,"arrivals":null,
    "verdict":{"outcome":"saturated-client","findings":[
        {"level":"fatal","code":"client-cpu","text":"The client, and not the server."}]}}]}"#;

fn closed() -> Run {
    parse(CLOSED).expect("it is a document")
}

#[test]
fn a_closed_loop_becomes_a_report_and_a_saturated_client_is_no_fault() {
    let expected = Report {
        requests: 400_000,
        seconds: 4.0,
        loaded_seconds: 4.01,
        p50: Duration::from_micros(313),
        p99: Duration::from_micros(1020),
        cpu: CPU,
        faults: Vec::new(),
    };
    assert_eq!(closed().report(CPU), expected);
}

#[test]
fn errors_and_an_invalid_verdict_are_faults() {
    let mut run = closed();
    run.totals.errors = [("reset", 2), ("status", 0), ("timeout", 1)]
        .map(|(kind, count)| (kind.to_owned(), count))
        .into();
    run.verdict.outcome = "invalid".to_owned();
    let expected = vec![
        Fault::Errors("reset 2 timeout 1".to_owned()),
        Fault::Invalid("client-cpu".to_owned()),
    ];
    assert_eq!(run.faults(), expected);
    run.totals.good = 0;
    assert_eq!(run.faults()[0], Fault::Silence);
}

#[test]
fn a_quantile_that_is_not_printed_invalidates_the_sample() {
    let mut run = closed();
    run.latency.quantiles.pop();
    assert_eq!(run.report(CPU).faults, [Fault::TooFew(400_000)]);
}

#[test]
fn an_open_loop_has_lag_and_arrivals() {
    let text = CLOSED
        .replace(r#""target":null"#, r#""target":50000.0"#)
        .replace(
            r#""lag":null,"arrivals":null"#,
            r#""lag":{"quantiles":[{"q":0.5,"value_ns":21000}]},
               "arrivals":{"samples":4095,"statistic":0.71,"critical":1.957}"#,
        );
    let run = parse(&text).expect("it is a document");
    let lag = run.lag.expect("an open loop has lag");
    assert_eq!(run.rate.target, Some(50_000.0));
    assert_eq!(lag.quantile(0.5), Some(Duration::from_micros(21)));
    assert_eq!(lag.quantile(0.99), None);
    assert_eq!(run.arrivals.map(|arrivals| arrivals.statistic), Some(0.71));
}

#[test]
fn what_is_not_one_run_of_the_schema_is_none() {
    assert_eq!(parse(""), None);
    assert_eq!(parse(&CLOSED[..CLOSED.len() - 1]), None);
    assert_eq!(parse(&CLOSED.replace("ringload/1", "ringload/2")), None);
    assert_eq!(parse(r#"{"schema":"ringload/1","runs":[]}"#), None);
}
