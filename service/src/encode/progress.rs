//! How far ffmpeg has got.

/// The last position of ffmpeg's `-progress` report.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// Seconds of the output.
    pub(super) seconds: f64,
}

impl Position {
    /// Takes one line; true when it moved on.
    pub(super) fn advance(&mut self, line: &str) -> bool {
        let Some(("out_time_us", value)) = line.split_once('=') else {
            return false;
        };
        // `N/A` until the first packet is out.
        let Ok(microseconds) = value.trim().parse::<i64>() else {
            return false;
        };
        let seconds = microseconds as f64 / 1e6;
        let ahead = seconds > self.seconds;
        if ahead {
            self.seconds = seconds;
        }
        ahead
    }
}

/// Percentages that never fall, whatever is begun again.
pub(super) struct Rising<'a> {
    report: &'a mut (dyn FnMut(f64) + Send),
    reached: Option<f64>,
}

impl<'a> Rising<'a> {
    /// Reports to `report`.
    pub(super) fn new(report: &'a mut (dyn FnMut(f64) + Send)) -> Self {
        Self { report, reached: None }
    }

    /// Reports `percent`, unless as much has been reported.
    pub(super) fn to(&mut self, percent: f64) {
        if self.reached.is_none_or(|reached| percent > reached) {
            self.reached = Some(percent);
            (self.report)(percent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_lines_move_forward_only() {
        let mut position = Position::default();
        let lines = ["frame=3", "out_time_us=N/A", "out_time_us=2000000", "out_time_us=1000000"];
        assert_eq!(lines.map(|line| position.advance(line)), [false, false, true, false]);
        assert_eq!(position.seconds, 2.0);
    }

    #[test]
    fn percentages_never_fall() {
        let mut seen = Vec::new();
        let mut report = |percent| seen.push(percent);
        let mut rising = Rising::new(&mut report);
        [0.0, 3.0, 2.0, 3.0, 4.0].into_iter().for_each(|percent| rising.to(percent));
        assert_eq!(seen, [0.0, 3.0, 4.0]);
    }
}
