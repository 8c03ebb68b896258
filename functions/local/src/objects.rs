//! The objects of the embedded S3: one folder with a file for each.
//!
//! A file has the object's content, behind it the object's description as JSON, and behind that the length of the JSON. Both are in
//! one file, so that they appear, are replaced and are deleted together.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

/// Characters that a file name has only escaped: `/`, so that a key cannot name another folder, and `.`, so that no key begins as
/// [`INCOMING`] does.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Prefix of the files whose content is still being received.
const INCOMING: &str = ".incoming-";

/// Size of the length behind the description.
const LENGTH_BYTES: u32 = u32::BITS / 8;

const DAY: Duration = Duration::from_secs(86_400);

/// The stored objects.
pub(crate) struct Objects {
    folder: PathBuf,
}

/// The properties of an object.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Description {
    pub(crate) content_type: String,
    /// SHA-256 of the content in Base64, as S3 writes it.
    pub(crate) sha256: String,
    /// Entity tag without quotes. It looks like a tag of S3, which is an MD5 digest only with some kinds of encryption.
    pub(crate) e_tag: String,
}

impl Objects {
    /// Opens the folder, and creates it if it does not exist. Removes incomplete objects, which a killed service leaves.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(INCOMING) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { folder })
    }

    fn path(&self, key: &str) -> PathBuf {
        let name = utf8_percent_encode(key, ESCAPED).to_string();
        self.folder.join(name)
    }

    /// Begins an object. It leaves nothing unless it is stored.
    pub(crate) fn receive(&self) -> io::Result<Incoming> {
        let file = NamedTempFile::with_prefix_in(INCOMING, &self.folder)?;
        let (file, path) = file.into_parts();
        Ok(Incoming {
            file: File::from_std(file),
            path,
            digest: Sha256::new(),
        })
    }

    /// Stores an object. If `may_replace` is false and the key has an object, the error is [`io::ErrorKind::AlreadyExists`]. The
    /// file system decides this in one step, so of two concurrent calls one gets the error.
    pub(crate) fn store(&self, key: &str, received: Received, may_replace: bool) -> io::Result<()> {
        let to = self.path(key);
        let stored = if may_replace {
            received.path.persist(to)
        } else {
            received.path.persist_noclobber(to)
        };
        stored.map_err(|error| error.error)
    }

    /// The object, if it exists.
    pub(crate) async fn get(&self, key: &str) -> io::Result<Option<Object>> {
        match File::open(self.path(key)).await {
            Ok(file) => Object::read(file).await.map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes the object if it exists.
    pub(crate) fn delete(&self, key: &str) -> io::Result<()> {
        remove(&self.path(key))
    }

    /// The keys of all objects, in no order.
    pub(crate) fn keys(&self) -> io::Result<Vec<String>> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let name = name.to_str().unwrap_or_default();
            if !name.starts_with(INCOMING) {
                let key = percent_decode_str(name).decode_utf8_lossy();
                keys.push(key.into_owned());
            }
        }
        Ok(keys)
    }

    /// Deletes each expired object: uploads after `upload_days`, results after the days in their key. The lifecycle rules of a bucket
    /// do it at the next midnight (UTC).
    pub(crate) fn delete_expired(&self, now: SystemTime, upload_days: u32) -> io::Result<()> {
        for key in self.keys()? {
            let Some(days) = lifetime_days(&key, upload_days) else {
                continue;
            };
            let path = self.path(&key);
            // An object that was deleted in the meantime has no metadata.
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            let age = now.duration_since(metadata.modified()?).unwrap_or_default();
            if age >= DAY * days {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Days that an object with this key is kept. `None` means forever.
fn lifetime_days(key: &str, upload_days: u32) -> Option<u32> {
    if key.starts_with("uploads/") {
        return Some(upload_days);
    }
    let (days, _) = key.strip_prefix("results/")?.split_once('/')?;
    days.parse().ok()
}

/// An object that is being received.
pub(crate) struct Incoming {
    file: File,
    path: TempPath,
    digest: Sha256,
}

impl Incoming {
    /// Appends to the content.
    pub(crate) async fn write(&mut self, content: &[u8]) -> io::Result<()> {
        self.digest.update(content);
        self.file.write_all(content).await
    }

    /// Ends the content and writes the description.
    pub(crate) async fn finish(mut self, content_type: String) -> io::Result<Received> {
        let digest = self.digest.finalize();
        let description = Description {
            content_type,
            sha256: BASE64_STANDARD.encode(digest),
            e_tag: hex::encode(&digest[..16]),
        };
        let json = serde_json::to_vec(&description)?;
        let length = u32::try_from(json.len()).map_err(io::Error::other)?;
        self.file.write_all(&json).await?;
        self.file.write_u32(length).await?;
        self.file.flush().await?;
        Ok(Received {
            path: self.path,
            description,
        })
    }
}

/// A complete object that is not stored yet.
pub(crate) struct Received {
    path: TempPath,
    pub(crate) description: Description,
}

/// A stored object. It stays readable if it is replaced or deleted.
pub(crate) struct Object {
    file: File,
    pub(crate) bytes: u64,
    pub(crate) last_modified: SystemTime,
    pub(crate) description: Description,
}

impl Object {
    async fn read(mut file: File) -> io::Result<Self> {
        let metadata = file.metadata().await?;
        file.seek(io::SeekFrom::End(-i64::from(LENGTH_BYTES)))
            .await?;
        let length = file.read_u32().await?;
        let behind = i64::from(length) + i64::from(LENGTH_BYTES);
        let bytes = file.seek(io::SeekFrom::End(-behind)).await?;
        let mut json = Vec::new();
        (&mut file)
            .take(length.into())
            .read_to_end(&mut json)
            .await?;
        Ok(Self {
            description: serde_json::from_slice(&json)?,
            bytes,
            last_modified: metadata.modified()?,
            file,
        })
    }

    /// A part of the content.
    pub(crate) async fn content(mut self, part: Range<u64>) -> io::Result<impl AsyncRead> {
        self.file.seek(io::SeekFrom::Start(part.start)).await?;
        Ok(self.file.take(part.end - part.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_kept_for_the_days_of_its_key_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::open(folder.path().to_owned()).unwrap();
        for (key, days) in [
            ("uploads/0190b2f4", Some(7)),
            ("results/2/0190b2f4/token", Some(2)),
            ("results/400/0190b2f4/token", Some(400)),
            ("results/0190b2f4", None),
            ("others/0190b2f4", None),
        ] {
            let incoming = objects.receive().unwrap();
            let received = incoming.finish("text/csv".to_owned()).await.unwrap();
            objects.store(key, received, false).unwrap();
            let stored = objects.get(key).await.unwrap().unwrap();
            let is_left_after = async |age: Duration| {
                let now = stored.last_modified + age;
                objects.delete_expired(now, 7).unwrap();
                objects.get(key).await.unwrap().is_some()
            };

            let seconds = 86_400 * days.unwrap_or(1_000);
            let is_left = is_left_after(Duration::from_secs(seconds - 1)).await;
            assert!(is_left, "{key}");
            let is_left = is_left_after(Duration::from_secs(seconds)).await;
            assert_eq!(is_left, days.is_none(), "{key}");
        }
    }
}
