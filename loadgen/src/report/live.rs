//! A run while it runs: one line that a terminal redraws, whole lines now and then in a pipe,
//! nothing when quiet. It goes where results do not (stderr), and it knows no clock: the progress
//! that it is told brings its time with it.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use super::figure::{count, duration_ns, rate, seconds};
use super::ink::{Ink, Tone};
use super::progress::{Phase, Progress};

/// How often a pipe gets a line.
pub const LINE_EVERY: Duration = Duration::from_secs(5);

/// Characters of the bar.
const BAR_WIDTH: usize = 24;
/// Where a terminal does not tell its width.
const COLUMNS_DEFAULT: usize = 80;

/// Where and how the view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveMode {
    /// One line, redrawn, never wider than the terminal.
    Terminal {
        /// Characters per line.
        columns: usize,
        /// Whether it has color.
        ink: Ink,
    },
    /// A line per phase and every [`LINE_EVERY`].
    Lines,
    /// Nothing.
    Quiet,
}

impl LiveMode {
    /// The mode for a stream: the terminal's width if it is one.
    pub fn of(stream: impl AsFd, is_terminal: bool, is_quiet: bool, ink: Ink) -> LiveMode {
        if is_quiet {
            LiveMode::Quiet
        } else if is_terminal {
            let size = rustix::termios::tcgetwinsize(stream);
            let columns = size.map_or(0, |size| usize::from(size.ws_col));
            LiveMode::Terminal {
                columns: if columns == 0 {
                    COLUMNS_DEFAULT
                } else {
                    columns
                },
                ink,
            }
        } else {
            LiveMode::Lines
        }
    }
}

/// The view.
#[derive(Debug)]
pub struct Live<W> {
    out: W,
    mode: LiveMode,
    /// What the terminal shows.
    shown: String,
    /// The last line of a pipe: its phase, and its time in it.
    told: Option<(std::mem::Discriminant<Phase>, Duration)>,
}

impl<W: Write> Live<W> {
    /// A view that writes to `out`.
    pub fn new(out: W, mode: LiveMode) -> Live<W> {
        Live {
            out,
            mode,
            shown: String::new(),
            told: None,
        }
    }

    /// Shows how it goes.
    ///
    /// # Errors
    /// The stream's. A run should go on without its view.
    pub fn show(&mut self, progress: &Progress) -> io::Result<()> {
        match self.mode {
            LiveMode::Terminal { columns, ink } => {
                self.redraw(terminal_line(progress, columns, ink))
            }
            LiveMode::Lines => self.tell(progress),
            LiveMode::Quiet => Ok(()),
        }
    }

    /// Clears the line, so that what follows stands on an empty one.
    ///
    /// # Errors
    /// The stream's.
    pub fn clear(&mut self) -> io::Result<()> {
        self.redraw(String::new())
    }

    fn redraw(&mut self, line: String) -> io::Result<()> {
        // Nothing was drawn outside of a terminal: there, clearing writes nothing either.
        if line == self.shown {
            return Ok(());
        }
        // Back to the first column, clear to the end: nothing of a longer line stays.
        write!(self.out, "\r\u{1b}[K{line}")?;
        self.shown = line;
        self.out.flush()
    }

    fn tell(&mut self, progress: &Progress) -> io::Result<()> {
        let phase = std::mem::discriminant(&progress.phase);
        let is_due = match self.told {
            Some((told, at)) => phase != told || progress.elapsed >= at + LINE_EVERY,
            None => true,
        };
        if !is_due {
            return Ok(());
        }
        self.told = Some((phase, progress.elapsed));
        writeln!(
            self.out,
            "{}: {}",
            phase_word(progress.phase),
            words(progress).join(", ")
        )?;
        self.out.flush()
    }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting { .. } => "connecting",
        Phase::Warmup => "warming up",
        Phase::Measuring => "measuring",
    }
}

/// Phase, bar and as many of the figures as fit.
fn terminal_line(progress: &Progress, columns: usize, ink: Ink) -> String {
    let phase = format!("{:<10}", phase_word(progress.phase));
    let mut line = ink.paint(Tone::Strong, &phase);
    let mut width = phase.chars().count();
    if let Some(share) = progress.share().filter(|_| columns > 60) {
        line.push_str(&format!("  {}", bar(share, ink)));
        width += 2 + BAR_WIDTH;
    }
    for words in words(progress) {
        // The last column stays free: a character there makes some terminals wrap.
        width += 2 + words.chars().count();
        if width >= columns {
            break;
        }
        let is_error = progress.errors > 0 && words.ends_with("errors");
        let tone = if is_error { Tone::Bad } else { Tone::Soft };
        let plain = !is_error && !words.contains(" of ");
        line.push_str("  ");
        line.push_str(&if plain {
            words
        } else {
            ink.paint(tone, &words)
        });
    }
    line
}

/// A bar in eighths of a character.
fn bar(share: f64, ink: Ink) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (BAR_WIDTH * 8) as f64) as usize;
    let full = "█".repeat(eighths / 8);
    let part = EIGHTHS[eighths % 8];
    let rest = BAR_WIDTH - eighths.div_ceil(8);
    let done = ink.paint(Tone::Good, &format!("{full}{part}"));
    format!("{done}{}", ink.paint(Tone::Soft, &"·".repeat(rest)))
}

/// The figures, the most important first.
fn words(progress: &Progress) -> Vec<String> {
    let elapsed = seconds((progress.elapsed.as_secs_f64() * 10.0).floor() / 10.0);
    let time = match progress.total {
        Some(total) => format!("{elapsed} of {}", seconds(total.as_secs_f64())),
        None => elapsed,
    };
    match progress.phase {
        Phase::Connecting { done, total } => vec![
            format!(
                "{} of {} connections",
                count(done.into()),
                count(total.into())
            ),
            time,
        ],
        Phase::Warmup => vec![time, connections(progress)],
        Phase::Measuring if progress.responses == 0 && progress.errors == 0 => {
            vec![time, connections(progress)]
        }
        Phase::Measuring => vec![
            time,
            rate(progress.rate),
            format!("P50 {}", duration_ns(progress.p50_ns)),
            format!("P99 {}", duration_ns(progress.p99_ns)),
            format!("{} errors", count(progress.errors)),
            connections(progress),
        ],
    }
}

fn connections(progress: &Progress) -> String {
    format!("{} connections", count(progress.connections.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measuring(seconds: f64) -> Progress {
        Progress {
            phase: Phase::Measuring,
            elapsed: Duration::from_secs_f64(seconds),
            total: Some(Duration::from_secs(10)),
            responses: 500_000,
            errors: 3,
            rate: 123_456.0,
            p50_ns: 1_230_000,
            p99_ns: 4_560_000,
            connections: 64,
        }
    }

    fn written(mode: LiveMode, moments: &[Progress]) -> String {
        let mut live = Live::new(Vec::new(), mode);
        for progress in moments {
            live.show(progress).expect("memory");
        }
        live.clear().expect("memory");
        String::from_utf8(live.out).expect("UTF-8")
    }

    #[test]
    fn a_terminal_has_one_line_that_is_gone_at_the_end() {
        let mode = LiveMode::Terminal {
            columns: 120,
            ink: Ink::Plain,
        };
        let text = written(mode, &[measuring(2.5), measuring(2.5), measuring(5.0)]);
        let lines: Vec<&str> = text.split("\r\u{1b}[K").collect();
        assert_eq!(lines.len(), 4, "the same is not drawn twice: {text:?}");
        assert_eq!(
            lines[2],
            "measuring   ████████████············  5 s of 10 s  123,456/s  P50 1.23 ms  \
             P99 4.56 ms  3 errors  64 connections"
        );
        assert_eq!(lines[3], "");
        assert!(!text.contains('\n'));
    }

    #[test]
    fn a_narrow_terminal_loses_figures_and_never_wraps() {
        for columns in 10..130 {
            let line = terminal_line(&measuring(7.77), columns, Ink::Plain);
            let width = line.chars().count();
            assert!(width < columns.max(11), "{columns}: {width} {line}");
        }
    }

    #[test]
    fn the_bar_is_always_as_wide() {
        for step in 0..=1000 {
            let bar = bar(f64::from(step) / 1000.0, Ink::Plain);
            assert_eq!(bar.chars().count(), BAR_WIDTH, "{step}");
        }
    }

    #[test]
    fn a_pipe_has_a_line_per_phase_and_every_five_seconds() {
        let mut moments = vec![
            Progress::connecting(0, 64, Duration::ZERO),
            Progress::connecting(64, 64, Duration::from_secs(1)),
        ];
        moments.extend((0..=28).map(|quarter| measuring(f64::from(quarter) / 4.0)));
        let text = written(LiveMode::Lines, &moments);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(lines[0], "connecting: 0 of 64 connections, 0 s");
        assert_eq!(
            lines[2],
            "measuring: 5 s of 10 s, 123,456/s, P50 1.23 ms, P99 4.56 ms, 3 errors, 64 connections"
        );
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
        assert_eq!(written(LiveMode::Quiet, &moments), "");
    }
}
