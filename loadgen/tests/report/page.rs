//! The page in a real browser: it draws, it catches no error, and nothing of a document leaves its
//! place.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ringload::record::ErrorKind;
use ringload::record::report::{Document, Level, MismatchSample, Outcome};
use ringload::report::render_html;

use crate::documents::{Run, document};

/// One open loop that went badly, with something in every section.
fn eventful() -> Document {
    let mut run = Run::open("api under load", 5_000.0, 0.981, 900_000.0)
        .finding(
            Outcome::Invalid,
            Level::Fatal,
            "achieved-rate",
            "4,905/s were achieved of the 5,000/s asked for, which is under 99 %: give the \
             generator more threads or ask for less.",
        )
        .finding(
            Outcome::Invalid,
            Level::Warning,
            "co-located",
            "Generator and server share CPU 0: throughput is a lower bound.",
        )
        .errors(ErrorKind::Timeout, 120)
        .errors(ErrorKind::Reset, 30)
        .slo("p99<5ms", Some("9.01 ms"), false)
        .slo("errors<1%", Some("0.304 %"), true)
        .build();
    run.samples.push(MismatchSample {
        target: "/users/17".to_owned(),
        what: "status 200 was expected, 503 came".to_owned(),
        beginning: "HTTP/1.1 503 Service Unavailable".to_owned(),
    });
    document(vec![run])
}

/// Two documents of several runs.
fn overlaid() -> [Document; 2] {
    let steps = |slower: f64| {
        let step = |connections: u32, rate: f64, median: f64| {
            Run::closed("home", rate, median * slower)
                .connections(connections)
                .seed(u64::from(connections))
                .finding(
                    Outcome::Sound,
                    Level::Note,
                    "closed-loop",
                    "A closed loop can not see users who wait while the server stalls.",
                )
                .build()
        };
        document(vec![
            step(100, 2_000.0, 40e6),
            step(500, 4_200.0, 90e6),
            step(1_000, 6_800.0, 120e6),
        ])
    };
    [steps(1.0), steps(1.25)]
}

/// Names, targets and answers that try to become part of the page.
fn hostile() -> Document {
    const ATTACK: &str = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">'\"&";
    let mut run = Run::open(ATTACK, 200.0, 1.0, 1e6)
        .target(&format!("http://127.0.0.1/{ATTACK}"))
        .finding(Outcome::Sound, Level::Note, ATTACK, ATTACK)
        .slo(ATTACK, Some(ATTACK), true)
        .errors(ErrorKind::Content, 1)
        .build();
    run.started = ATTACK.to_owned();
    run.scenario.driver = ATTACK.to_owned();
    run.scenario.pacing = ATTACK.to_owned();
    run.truth.servers[0].name = ATTACK.to_owned();
    run.samples.push(MismatchSample {
        target: ATTACK.to_owned(),
        what: ATTACK.to_owned(),
        beginning: ATTACK.to_owned(),
    });
    let mut document = document(vec![run]);
    document.generator = ATTACK.to_owned();
    document.command = vec![ATTACK.to_owned()];
    let environment = &mut document.environment;
    environment.kernel = ATTACK.to_owned();
    environment.cpu_model = ATTACK.to_owned();
    environment.confinement = vec![ATTACK.to_owned()];
    environment
        .sysctls
        .insert(ATTACK.to_owned(), ATTACK.to_owned());
    document
}

#[test]
fn the_page_loads_nothing_and_holds_two_scripts() {
    for documents in [
        vec![eventful()],
        overlaid().to_vec(),
        vec![hostile()],
        Vec::new(),
    ] {
        let html = render_html(&documents);
        assert_eq!(
            html.matches("<script").count(),
            2,
            "the data and what draws it"
        );
        assert_eq!(html.matches("</script>").count(), 2);
        assert_eq!(html.matches("<img").count(), 0);
        for loader in [
            " src=\"http",
            "@import",
            "url(",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ] {
            assert!(!html.contains(loader), "{loader}");
        }
    }
}

#[test]
fn figures_are_in_the_page_without_any_script() {
    let html = render_html(&[eventful()]);
    for words in [
        "<b>INVALID</b>",
        "api under load",
        "4,905/s",
        "<b class=\"invalid\">missed</b>",
        "timeout",
        "0.244 %",
        "send lag",
        "6.18.44 #1 SMP",
        "net.core.somaxconn = 4096",
        "HTTP/1.1 503 Service Unavailable",
    ] {
        assert!(html.contains(words), "{words}");
    }
    let html = render_html(&overlaid());
    assert!(html.contains(">home, 100 connections, B<"), "told apart");
    assert!(html.contains("Environment of B"));
    let same = || Run::closed("home", 100.0, 1e6).build();
    let html = render_html(&[document(vec![same(), same()])]);
    assert!(
        html.contains(">home #1<") && html.contains(">home #2<"),
        "numbered"
    );
}

#[test]
fn a_browser_draws_every_chart_and_catches_no_error() {
    for (name, documents, paths) in [
        // Percentiles in two pieces, four quantiles, rate, target and errors (of which the hostile
        // run has less than one per second).
        ("eventful", vec![eventful()], 9),
        // Per run: percentiles in two pieces, P99, rate.
        ("overlaid", overlaid().to_vec(), 24),
        ("hostile", vec![hostile()], 8),
        ("empty", Vec::new(), 0),
    ] {
        let Some(browser) = Browser::find() else {
            return;
        };
        let dom = browser.dom(&render_html(&documents));
        assert!(
            dom.contains(&format!("data-drawn=\"{paths}\"")),
            "{name}: {}",
            &dom[..dom.len().min(200)]
        );
        assert!(
            dom.contains("<p id=\"failure\" role=\"alert\" hidden=\"\"></p>"),
            "{name}: an error"
        );
        assert!(!dom.contains("<title>owned</title>"), "{name}");
    }
}

/// Presses every button (those of the legend twice), then reads the first chart by keyboard.
const VISITOR: &str = "
document.querySelectorAll('button').forEach(button => button.click());
document.querySelectorAll('#legend button').forEach(button => button.click());
const chart = document.querySelector('#percentiles svg');
for (const key of ['ArrowRight', 'PageUp', 'ArrowLeft', 'ArrowRight'])
  chart.dispatchEvent(new KeyboardEvent('keydown', { key }));
document.documentElement.dataset.read = document.querySelector('#percentiles .tip').innerText;
const over = document.querySelector('#latency svg');
over.dispatchEvent(new PointerEvent('pointermove', { clientX: over.getBoundingClientRect().right }));
document.documentElement.dataset.hovered = document.querySelector('#latency .tip').innerText;
";

#[test]
fn every_button_works_and_values_are_read_by_keyboard_and_pointer() {
    let Some(browser) = Browser::find() else {
        return;
    };
    // The page's policy would keep the visitor out, as it should.
    let page = render_html(&overlaid()).replace("http-equiv", "data-was");
    let dom = browser.dom(&page.replace("</body>", &format!("<script>{VISITOR}</script></body>")));
    let read = |name: &str| {
        let begin = dom
            .find(&format!("{name}=\""))
            .map(|at| at + name.len() + 2);
        let rest = begin.map_or("", |at| &dom[at..]);
        rest[..rest.find('"').unwrap_or(0)].to_owned()
    };
    let (by_keyboard, by_pointer) = (read("data-read"), read("data-hovered"));
    assert!(by_keyboard.starts_with('P'), "{by_keyboard}");
    assert_eq!(by_keyboard.matches(" ms").count(), 6, "{by_keyboard}");
    assert!(by_pointer.starts_with("at 9.5 s"), "{by_pointer}");
    assert!(dom.contains("role=\"alert\" hidden=\"\""), "an error");
    let policed =
        render_html(&overlaid()).replace("</body>", &format!("<script>{VISITOR}</script></body>"));
    assert!(
        !browser.dom(&policed).contains("data-read"),
        "another script ran"
    );
}

#[test]
fn a_screenshot_shows_the_page_in_light_and_dark() {
    let Some(browser) = Browser::find() else {
        return;
    };
    for (documents, is_dark) in [(vec![eventful()], false), (overlaid().to_vec(), true)] {
        let image = browser.screenshot(&render_html(&documents), is_dark);
        let (width, pixels) = decode(&image);
        assert_eq!(width, WIDTH);
        let colors: std::collections::BTreeSet<[u8; 3]> = pixels.iter().copied().collect();
        assert!(
            colors.len() > 100,
            "text and lines have edges: {}",
            colors.len()
        );
        let background = if is_dark {
            [0x14, 0x18, 0x1c]
        } else {
            [0xfb, 0xfb, 0xfa]
        };
        assert_eq!(pixels[0], background);
        // The first run's color, as a line of a chart or its swatch.
        let blue = if is_dark {
            [0x6c, 0xb2, 0xf5]
        } else {
            [0x1f, 0x6f, 0xc4]
        };
        let drawn = pixels.iter().filter(|pixel| **pixel == blue).count();
        assert!(drawn > 200, "{drawn} pixels of the first color");
    }
}

const WIDTH: usize = 1200;

/// A headless Chromium.
struct Browser {
    program: PathBuf,
}

impl Browser {
    fn find() -> Option<Browser> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let mut programs = names
            .iter()
            .flat_map(|name| folders.iter().map(move |one| one.join(name)));
        let found = programs.find(|program| program.is_file());
        if found.is_none() {
            println!("skipped: no Chromium is in the PATH");
        }
        Some(Browser { program: found? })
    }

    /// The document after the script ran.
    fn dom(&self, html: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = self.run(folder.path(), html, &["--dump-dom".to_owned()]);
        String::from_utf8(output).expect("UTF-8")
    }

    fn screenshot(&self, html: &str, is_dark: bool) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let image = folder.path().join("page.png");
        let scheme = u8::from(!is_dark);
        let wanted = [
            format!("--screenshot={}", image.display()),
            format!("--window-size={WIDTH},1800"),
            format!("--blink-settings=preferredColorScheme={scheme}"),
        ];
        self.run(folder.path(), html, &wanted);
        let image = std::fs::read(image).expect("a screenshot");
        if let Some(kept) = std::env::var_os("RINGLOAD_TEST_SCREENSHOTS") {
            let name = if is_dark { "dark.png" } else { "light.png" };
            std::fs::write(Path::new(&kept).join(name), &image).expect("kept");
        }
        image
    }

    fn run(&self, folder: &Path, html: &str, wanted: &[String]) -> Vec<u8> {
        let page = folder.join("report.html");
        std::fs::write(&page, html).expect("written");
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--virtual-time-budget=3000",
            ])
            .arg(format!(
                "--user-data-dir={}",
                folder.join("profile").display()
            ))
            .args(wanted)
            .arg(format!("file://{}", page.display()))
            .stdin(Stdio::null())
            .output()
            .expect("a browser");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        output.stdout
    }
}

/// Width and pixels of a PNG.
fn decode(image: &[u8]) -> (usize, Vec<[u8; 3]>) {
    let decoder = png::Decoder::new(std::io::Cursor::new(image));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("a frame");
    let samples = info.color_type.samples();
    let pixels = bytes[..info.buffer_size()].chunks_exact(samples);
    (
        info.width as usize,
        pixels.map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
    )
}
