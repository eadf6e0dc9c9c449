//! The command line.

/// What is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Engine.IO with protocol 3 allowed.
    Engine3,
    /// Engine.IO 4 alone.
    Engine4,
    /// Socket.IO 5.
    SocketIo5,
    /// Socket.IO 5 with connection state recovery.
    Recovery,
}

impl Profile {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "engine3" => Self::Engine3,
            "engine4" => Self::Engine4,
            "socketio5" => Self::SocketIo5,
            "recovery" => Self::Recovery,
            _ => return None,
        })
    }
}

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// On 127.0.0.1; 0 lets the system pick.
    pub(crate) port: u16,
    pub(crate) profile: Profile,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut port, mut profile) = (0, None);
        while let Some(name) = arguments.next() {
            let value = arguments.next().unwrap_or_default();
            match name.as_str() {
                "--port" => {
                    port = value
                        .parse()
                        .map_err(|_| format!("--port needs a port, not {value:?}"))?;
                }
                "--profile" => {
                    profile = Some(Profile::parse(&value).ok_or_else(|| {
                        format!(
                            "--profile needs engine3, engine4, socketio5 or recovery, not {value:?}"
                        )
                    })?);
                }
                _ => {
                    return Err(format!(
                        "unknown option {name}; there are --port and --profile"
                    ));
                }
            }
        }
        let profile = profile.ok_or_else(|| {
            "--profile is missing: engine3, engine4, socketio5 or recovery".to_owned()
        })?;
        Ok(Self { port, profile })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn each_profile_has_its_name() {
        for (name, profile) in [
            ("engine3", Profile::Engine3),
            ("engine4", Profile::Engine4),
            ("socketio5", Profile::SocketIo5),
            ("recovery", Profile::Recovery),
        ] {
            let options = parse(&format!("--port 3000 --profile {name}"));
            assert_eq!(
                options,
                Ok(Options {
                    port: 3000,
                    profile
                })
            );
        }
    }

    #[test]
    fn a_mistake_is_told_with_what_there_is() {
        for (line, part) in [
            ("", "--profile is missing"),
            ("--profile engine5", "not \"engine5\""),
            ("--port x --profile engine4", "not \"x\""),
            ("--port 70000 --profile engine4", "not \"70000\""),
            ("--color", "unknown option --color"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
