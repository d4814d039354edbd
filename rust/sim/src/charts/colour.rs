//! Colours that also those who do not tell red from green can read: blue where a goal holds, orange to brown where it is missed.

use core::fmt;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(u8, u8, u8);

/// From the goal to far on its good side.
const GOOD: [Colour; 3] = [Colour(219, 236, 242), Colour(128, 187, 209), Colour(38, 110, 150)];

/// From the goal to far on its bad side.
const BAD: [Colour; 3] = [Colour(254, 226, 190), Colour(240, 138, 58), Colour(140, 45, 4)];

/// Colours on each side of the goal: few enough to be told apart, and for small pictures.
pub(crate) const STEPS: u32 = 10;

impl Colour {
    pub(crate) const WHITE: Self = Self(255, 255, 255);
    pub(crate) const INK: Self = Self(28, 36, 44);
    /// Under a cell that was not run.
    pub(crate) const NOTHING: Self = Self(236, 238, 240);
    /// Under a cell that did not come to its end.
    pub(crate) const FAILED: Self = Self(60, 20, 10);

    /// The colour of the step in which `position` is: 0 is the goal, 1 far on its good side, -1 far on its bad side.
    pub(crate) fn at(position: f64) -> Self {
        let scale = if position >= 0.0 { &GOOD } else { &BAD };
        let step = (position.abs() * f64::from(STEPS)).min(f64::from(STEPS - 1)).floor();
        let way = step / f64::from(STEPS - 1) * (scale.len() - 1) as f64;
        let part = (way as usize).min(scale.len() - 2);
        scale[part].towards(scale[part + 1], way - part as f64)
    }

    /// True if a text on it is read better in white.
    pub(crate) fn is_dark(self) -> bool {
        let light = 0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2);
        light < 135.0
    }

    fn towards(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_the_goal_are_told_apart_and_deepen_to_their_ends() {
        assert_eq!((Colour::at(0.0), Colour::at(-1e-9)), (GOOD[0], BAD[0]));
        assert_eq!((Colour::at(7.0), Colour::at(f64::NEG_INFINITY)), (GOOD[2], BAD[2]));
    }

    #[test]
    fn the_goal_is_light_and_both_ends_are_dark() {
        assert!([0.0, -1e-9].iter().all(|at| !Colour::at(*at).is_dark()));
        assert!([1.0, -1.0].iter().all(|at| Colour::at(*at).is_dark()) && Colour::FAILED.is_dark());
    }
}
