#!/usr/bin/env python3
"""Makes films of invented places, and every kind of copy of each, with the truth about them beside.

    make.py SEED OUT [FOLDER OF REAL CLIPS]

Half of the originals are drawn: a still place before which figures move, under a running clock. Where there is a folder of
real clips, the other half is cut from those, and looped where a clip is short. Each place that is drawn is filmed on another
day too: those are no copies. Writes OUT/films and OUT/truth.json.
"""

import json
import random
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SEED, OUT = sys.argv[1], Path(sys.argv[2]).resolve()
REAL = Path(sys.argv[3]) if len(sys.argv) > 3 else None
ORIGINALS = 20
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"
FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-threads", "1", "-filter_threads", "1"]
X264 = ["-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv420p", "-threads", "1"]
AAC = ["-c:a", "aac", "-b:a", "64k", "-ac", "1"]
# Real clips in which something moves: name, seconds, and whether long enough that pieces can be cut from it.
CLIPS = [
    ("video/one-by-one-person-detection.mp4", 139.4),
    ("video/bikes.mp4", 10.0),
    ("video/testVideoMp4.mp4", 13.6),
    ("neardup/movie-hello/movie-hello.mpeg", 8.3),
    ("neardup/tmk-pattern/pattern-hd-no-bar.mp4", 6.8),
    ("neardup/uwazi-short/short-video.mp4", 5.5),
    ("neardup/tmk-pattern/doorknob-hd-no-bar.mp4", 4.3),
]


def drawn(*what):
    """Chance that depends on the seed and on what it is for, and on nothing else."""
    return random.Random("|".join(map(str, (SEED, *what))))


def ffmpeg(*arguments):
    done = subprocess.run([*FFMPEG, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"ffmpeg failed: {' '.join(map(str, arguments))}\n{done.stderr[-2000:]}")


def film(name):
    path = OUT / "films" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# ---- originals


def place(number):
    """A still picture: walls, doors, lockers, bars."""
    path, r = OUT / "tmp" / f"place{number}.ppm", drawn("place", number)
    width, height = 352, 288
    rows = [bytearray() for _ in range(height)]
    horizon = r.randrange(90, 190)
    wall, floor = ([r.randrange(*span) for _ in range(3)] for span in ((60, 150), (20, 90)))
    for y, row in enumerate(rows):
        light = 1 - abs(y - horizon) / (1.6 * height)
        row.extend(bytes(int(value * light) for value in (wall if y < horizon else floor)) * width)
    for _ in range(r.randrange(9, 18)):
        x, y, grey = r.randrange(-20, width - 20), r.randrange(-10, height - 30), r.randrange(25, 215)
        colour = bytes(max(0, min(255, grey + r.randrange(-22, 23))) for _ in range(3))
        left, right = max(0, x), min(width, x + r.randrange(12, 110))
        for row in rows[max(0, y) : min(height, y + r.randrange(12, 140))]:
            row[3 * left : 3 * right] = colour * (right - left)
    path.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + b"".join(rows))
    return path


def sound(name, seconds, r):
    """A room's noise, and now and then somebody speaks."""
    path = OUT / "tmp" / f"{name}.wav"
    inputs = ["-f", "lavfi", "-i", f"anoisesrc=d={seconds}:c=pink:a=0.02:r=16000:s={r.randrange(1 << 30)}"]
    mixed = "[0:a]"
    for number in range(1, r.randrange(2, 5)):
        at, pitch = r.uniform(1, seconds - 5), r.randrange(30, 70)
        words = " ".join(r.choice("стоять лицом стене фамилия отчество статья срок камеру дежурный".split()) for _ in range(6))
        said = OUT / "tmp" / f"{name}-{number}.wav"
        subprocess.run(["espeak-ng", "-v", "ru", "-p", str(pitch), "-w", said, words], check=True)
        inputs += ["-itsoffset", f"{at:.2f}", "-i", said]
        mixed += f"[{number}:a]"
    count = mixed.count("[")
    ffmpeg(*inputs, "-filter_complex", f"{mixed}amix=inputs={count}:duration=first:normalize=0[o]", "-map", "[o]",
           "-ar", "16000", "-ac", "1", "-t", seconds, path)
    return path


def clock(height, r):
    size, began = max(12, height // 24), r.randrange(1514764800, 1609459200)
    return (f"drawtext=fontfile={FONT}:fontsize={size}:fontcolor=white:box=1:boxcolor=black@0.45:x=8:y=8:"
            f"text='%{{pts\\:gmtime\\:{began}\\:%d.%m.%Y %H\\\\\\:%M\\\\\\:%S}}'")


SHAPES = [(704, 576, 12), (640, 480, 15), (640, 360, 25), (960, 540, 15), (352, 288, 12)]


def original(number, day=0):
    """One film, with what is known of it."""
    r, name = drawn("original", number, day), f"камера {number:02}/день {day + 1}.mp4"
    width, height, rate = SHAPES[number % len(SHAPES)]
    seconds, loop, inputs = r.randrange(18, 28), None, []
    clip = REAL and number % 2 and CLIPS[0 if number % 4 == 1 else 1 + number // 4 % (len(CLIPS) - 1)]
    if clip:
        source, length = REAL / clip[0], clip[1]
        if length > 60:
            inputs = ["-ss", (number // 4) * 26 % 110 + r.uniform(0, 2), "-i", source]
        else:
            inputs, loop = ["-stream_loop", "-1", "-i", source], length
        chain = f"[0:v]fps={rate},scale={width}:{height},setsar=1"
    else:
        inputs = ["-loop", "1", "-framerate", rate, "-i", place(number)]
        chain, last = f"[0:v]scale={width}:{height}:flags=bicubic,setsar=1[b0];", "b0"
        for mover in range(1, r.randrange(3, 6)):
            wide, tall = int(width * r.uniform(0.05, 0.1)), int(height * r.uniform(0.22, 0.42))
            pace, phase, level = r.uniform(0.05, 0.5), r.uniform(0, 6.28), r.uniform(0.25, 0.6)
            begin = r.uniform(0, seconds * 0.4)
            end, colour = begin + r.uniform(seconds * 0.3, seconds), "0x%02x%02x%02x" % tuple(r.randrange(20, 220) for _ in range(3))
            inputs += ["-f", "lavfi", "-i", f"color=c={colour}:s={wide}x{tall}:r={rate}"]
            chain += (f"[{mover}:v]drawbox=x=iw*0.25:y=0:w=iw*0.5:h=ih*0.2:c=0xd8a080:t=fill[m{mover}];"
                      f"[{last}][m{mover}]overlay=x='(W-w)*(0.5+0.5*sin({pace:.3f}*t+{phase:.3f}))':"
                      f"y='H*{level:.3f}+6*sin(7*t+{phase:.3f})':enable='between(t,{begin:.2f},{end:.2f})'[b{mover}];")
            last = f"b{mover}"
        chain += f"[{last}]null"
        if r.random() < 0.35:
            chain += ",hue=s=0,eq=brightness=-0.12:contrast=1.25"
    chain += f",noise=alls={r.randrange(4, 14)}:allf=t:all_seed={r.randrange(1, 100000)},{clock(height, r)}[v]"
    heard = sound(f"{number}-{day}", seconds, r)
    voice = sum(1 for given in inputs if given == "-i")
    ffmpeg(*inputs, "-i", heard, "-filter_complex", chain, "-map", "[v]", "-map", f"{voice}:a", *X264, "-g", "50", "-b:v", "1500k",
           *AAC, "-r", rate, "-t", seconds, film(name))
    return dict(name=name, seconds=seconds, width=width, height=height, rate=rate, loop=loop, real=bool(clip))


# ---- copies: each says how its own seconds t stand to those of the original, (t * pace + begin), and how many they are


def recode(o, name, chain=None, before=(), after=(), silent=False, codec=None, kbps=700):
    chained = ["-vf", chain] if chain else []
    coded = codec or [*X264, "-b:v", f"{kbps}k"]
    ffmpeg(*before, "-i", film(o["name"]), *chained, *coded, *(["-an"] if silent else AAC), *after, film(name))


def whole(o, **more):
    return dict(begin=0.0, pace=1.0, seconds=o["seconds"], **more)


def simply(chain, **how):
    """A copy of the whole film through a chain of filters, which may depend on the original and on chance."""

    def make(o, name, r):
        recode(o, name, chain(o, r) if callable(chain) else chain, **how)
        return whole(o)

    return make


def reencode(o, name, r):
    codec = r.choice([["-c:v", "mpeg4", "-b:v", "600k"], [*X264, "-b:v", "350k"], [*X264, "-b:v", "900k"], ["-c:v", "mjpeg", "-q:v", "12", "-pix_fmt", "yuvj420p"]])
    recode(o, name, codec=codec)
    return whole(o)


def cut(o, r):
    begin = round(r.uniform(2, o["seconds"] * 0.4), 1)
    return begin, round(r.uniform(6, o["seconds"] * 0.5), 1)


def excerpt(o, name, r):
    begin, length = cut(o, r)
    recode(o, name, before=["-ss", begin], after=["-t", length], kbps=1000)
    return dict(begin=begin, pace=1.0, seconds=length)


def excerpt_copied(o, name, r):
    length = cut(o, r)[1]
    ffmpeg("-i", film(o["name"]), "-t", length, "-c", "copy", film(name))
    return dict(begin=0.0, pace=1.0, seconds=length)


def faster(o, name, r):
    pace = r.choice([1.25, 1.5, 2.0])
    recode(o, name, f"setpts=PTS/{pace}", silent=True)
    return dict(begin=0.0, pace=pace, seconds=o["seconds"] / pace)


def screen(o, r):
    w, h = o["width"], o["height"]
    corner = [r.uniform(0.01, 0.06) for _ in range(8)]
    points = [w * corner[0], h * corner[1], w * (1 - corner[2]), h * corner[3], w * corner[4], h * (1 - corner[5]), w * (1 - corner[6]), h * (1 - corner[7])]
    named = ":".join(f"{axis}{number // 2}={value:.0f}" for number, (axis, value) in enumerate(zip("xyxyxyxy", points)))
    return f"perspective={named}:sense=destination,rotate=0.02:c=black,gblur=sigma=1.2,eq=brightness=0.06:saturation=0.7,noise=alls=14:allf=t:all_seed=7"


def lower_third(o, r):
    return ("drawbox=x=0:y=ih*0.84:w=iw:h=ih*0.16:c=0x002060@1:t=fill,"
            f"drawtext=fontfile={FONT}:fontsize=h/18:fontcolor=white:x=w*0.05:y=h*0.88:text='СПЕЦИАЛЬНЫЙ РЕПОРТАЖ'")


LOGO = "drawbox=x=iw*0.74:y=ih*0.05:w=iw*0.22:h=ih*0.11:c=red@0.9:t=fill"


def still(o, name, r):
    at = round(r.uniform(2, o["seconds"] - 2), 2)
    ffmpeg("-i", film(o["name"]), "-ss", at, "-frames:v", "1", "-q:v", r.choice([2, 5, 12]), film(name))
    return dict(begin=at, pace=0.0, seconds=0.0)


def truncated(o, name, r):
    whole_file = film(o["name"]).with_suffix(".mkv")
    ffmpeg("-i", film(o["name"]), "-c", "copy", whole_file)
    data = whole_file.read_bytes()
    whole_file.unlink()
    film(name).write_bytes(data[: int(len(data) * r.uniform(0.4, 0.8))])
    return whole(o, cut=True)


def in_archive(o, name, r):
    with zipfile.ZipFile(film(name), "w") as packed:
        packed.write(film(o["name"]), "внутри/запись.mp4")
    return whole(o)


def exact(o, name, r):
    shutil.copyfile(film(o["name"]), film(name))
    return whole(o)


def remux(o, name, r):
    ffmpeg("-i", film(o["name"]), "-c", "copy", film(name))
    return whole(o)


def scaled(o, r):
    by = r.choice([0.25, 0.5, 0.75])
    return f"scale={int(o['width'] * by) // 2 * 2}:{int(o['height'] * by) // 2 * 2}"


KINDS = {
    "exact": (exact, "mp4"),
    "remux": (remux, "mkv"),
    "re-encode": (reencode, "avi"),
    "resize": (simply(scaled, kbps=250), "mp4"),
    "frame rate": (simply(lambda o, r: f"fps={o['rate'] // 2}", kbps=500), "mp4"),
    "excerpt": (excerpt, "mp4"),
    "excerpt, stream copied": (excerpt_copied, "mp4"),
    "grey": (simply("hue=s=0,eq=contrast=1.2", kbps=500), "mp4"),
    "mute": (simply(None, silent=True, kbps=900), "mp4"),
    "logo": (simply(LOGO, kbps=900), "mp4"),
    "logo and lower third": (simply(lambda o, r: LOGO + "," + lower_third(o, r), kbps=900), "mp4"),
    "crop 10 %": (simply("crop=trunc(iw*0.9/2)*2:trunc(ih*0.9/2)*2", kbps=800), "mp4"),
    "crop 20 %": (simply("crop=trunc(iw*0.8/2)*2:trunc(ih*0.8/2)*2", kbps=800), "mp4"),
    "letterbox": (simply("scale=360:-2,pad=360:640:(ow-iw)/2:(oh-ih)/2", kbps=400), "mp4"),
    "mirror": (simply("hflip", kbps=600), "mp4"),
    "speed": (faster, "mp4"),
    "off a screen": (simply(screen, kbps=1200), "mov"),
    "blurred faces": (simply("split[a][b];[a]crop=iw*0.4:ih*0.5:iw*0.3:ih*0.25,boxblur=12[c];[b][c]overlay=W*0.3:H*0.25", kbps=800), "mp4"),
    "still": (still, "jpg"),
    "damaged": (truncated, "mkv"),
    "in an archive": (in_archive, "zip"),
}


def copies(number, o):
    made = []
    for kind, (make, extension) in KINDS.items():
        name = f"{kind}/{number:02}.{extension}"
        made.append(dict(name=name, of=o["name"], kind=kind, loop=o["loop"], real=o["real"], **make(o, name, drawn(kind, number))))
    return made


def compilation(number, first, second):
    """A part of each of two films, one behind the other."""
    name, r = f"compilation/{number:02}.mp4", drawn("compilation", number)
    parts, chain, inputs = [], "", []
    for index, o in enumerate((first, second)):
        begin, length = round(r.uniform(1, 6), 1), round(r.uniform(7, 11), 1)
        inputs += ["-ss", begin, "-t", length, "-i", film(o["name"])]
        chain += f"[{index}:v]scale=640:480,setsar=1,fps=25[p{index}];"
        parts.append((o, begin, length))
    ffmpeg(*inputs, "-filter_complex", chain + "[p0][p1]concat=n=2:v=1[v]", "-map", "[v]", *X264, "-b:v", "900k", film(name))
    at, made = 0.0, []
    for o, begin, length in parts:
        made.append(dict(name=name, of=o["name"], kind="compilation", loop=o["loop"], real=o["real"], begin=begin - at, pace=1.0, at=at, seconds=length))
        at += length
    return made


def main():
    if OUT.exists():
        sys.exit(f"{OUT} is there already. Name a folder that is not.")
    (OUT / "tmp").mkdir(parents=True)
    with ThreadPoolExecutor(2) as pool:
        originals = list(pool.map(original, range(ORIGINALS)))
        drawn_places = [number for number, o in enumerate(originals) if not o["real"]]
        others = list(pool.map(lambda number: original(number, 1), drawn_places))
        truth = [made for all_of_one in pool.map(copies, range(ORIGINALS), originals) for made in all_of_one]
        pairs = zip(originals[::2], originals[1::2])
        truth += [made for both in pool.map(lambda given: compilation(given[0], *given[1]), enumerate(pairs)) for made in both]
    shutil.rmtree(OUT / "tmp")
    same_place = [(originals[number]["name"], other["name"]) for number, other in zip(drawn_places, others)]
    truth = dict(originals=originals, copies=truth, same_place=same_place)
    (OUT / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1))


main()
