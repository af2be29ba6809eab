#!/usr/bin/env python3
"""packets.py - the packets of tests/netrules/traffic.sh. Everything has a deadline.

  serve PROTO PORT READY    answer with the address that asked, then echo; until killed
  ask PROTO ADDR PORT [SOURCE]  print what was answered, or the name of the error
  many PROTO N ADDR PORT...     open N connections to each ADDR PORT, print how many answered
  live ADDR PORT FIFO OUT   one connection; a line from FIFO goes out, what comes back to OUT
  sniff IFACE OUT READY     print "PROTO SOURCE SPORT DEST DPORT FLAGS" of each packet
  raw SOURCE DEST PROTO SPORT DPORT [FLAGS]  send one packet, whatever the kernel thinks
"""
import errno
import os
import socket
import struct
import sys
import threading

# Packets that are dropped are waited for in vain: the caller knows when that is to happen.
WAIT = float(os.environ.get("PACKETS_WAIT", "5"))
TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "sctp": socket.SOCK_STREAM}


def plain(addr):
    return addr[7:] if addr.startswith("::ffff:") else addr


def sock_of(proto, family):
    number = {"tcp": 6, "udp": 17, "sctp": 132}[proto]
    return socket.socket(family, TYPES[proto], number)


def family_of(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def serve_one(conn, peer):
    with conn:
        try:
            conn.sendall((plain(peer[0]) + "\n").encode())
            while True:
                data = conn.recv(4096)
                if not data:
                    return
                conn.sendall(data)
        except OSError:
            return


def serve(proto, port, ready):
    s = sock_of(proto, socket.AF_INET6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", int(port)))
    if proto != "udp":
        s.listen(1024)
    open(ready, "w").close()
    while proto == "udp":
        _, peer = s.recvfrom(4096)
        s.sendto((plain(peer[0]) + "\n").encode(), peer)
    while True:
        conn, peer = s.accept()
        threading.Thread(target=serve_one, args=(conn, peer), daemon=True).start()


def connect(proto, addr, port, source=None):
    """A socket and what it was answered."""
    s = sock_of(proto, family_of(addr))
    s.settimeout(WAIT)
    if source:
        s.bind((source, 0))
    s.connect(socket.getaddrinfo(addr, int(port), s.family, s.type)[0][4])
    if proto == "udp":
        s.send(b"?")
    return s, s.recv(4096).decode().strip()


def ask(proto, addr, port, source=None):
    try:
        print(connect(proto, addr, port, source)[1] or "nothing")
    except socket.timeout:
        print("timeout")
    except OSError as e:
        print(errno.errorcode.get(e.errno, e))


def many(proto, n, *where):
    held = []
    for i in range(0, len(where), 2):
        for _ in range(int(n)):
            try:
                held.append(connect(proto, where[i], where[i + 1])[0])
            except OSError:
                pass
    print(len(held))


def live(addr, port, fifo, out):
    s, _ = connect("tcp", addr, port)
    with open(out, "w") as o:
        print("up", file=o, flush=True)
        for line in open(fifo):
            try:
                s.send(line.encode())
                print(s.recv(4096).decode().strip(), file=o, flush=True)
            except OSError as e:
                print(errno.errorcode.get(e.errno, e), file=o, flush=True)


def sniff(iface, out, ready):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    s.bind((iface, 3))
    open(ready, "w").close()
    with open(out, "w") as o:
        while True:
            p = s.recv(65536)
            if p[0] >> 4 == 4:
                proto, head = p[9], (p[0] & 15) * 4
                src = socket.inet_ntop(socket.AF_INET, p[12:16])
                dst = socket.inet_ntop(socket.AF_INET, p[16:20])
            elif p[0] >> 4 == 6:
                proto, head = p[6], 40
                src = socket.inet_ntop(socket.AF_INET6, p[8:24])
                dst = socket.inet_ntop(socket.AF_INET6, p[24:40])
            else:
                continue
            if proto not in (6, 17):
                continue
            sport, dport = struct.unpack("!HH", p[head : head + 4])
            flags = p[head + 13] if proto == 6 else 0
            name = "tcp" if proto == 6 else "udp"
            print(name, src, sport, dst, dport, flags, file=o, flush=True)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def raw(source, dest, proto, sport, dport, flags="2"):
    family = family_of(dest)
    src, dst = socket.inet_pton(family, source), socket.inet_pton(family, dest)
    number = {"tcp": 6, "udp": 17}[proto]
    if proto == "tcp":
        seg = struct.pack("!HHIIBBHHH", int(sport), int(dport), 1, 1, 80, int(flags), 999, 0, 0)
        at = 16
    else:
        seg = struct.pack("!HHHH", int(sport), int(dport), 12, 0) + b"evil"
        at = 6
    pseudo = src + dst + struct.pack("!II", len(seg), number)
    seg = seg[:at] + struct.pack("!H", checksum(pseudo + seg)) + seg[at + 2 :]
    if family == socket.AF_INET:
        head = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(seg), 1, 0, 64, number, 0, src, dst)
        s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
    else:
        head = struct.pack("!IHBB16s16s", 6 << 28, len(seg), number, 64, src, dst)
        s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.sendto(head + seg, (dest, 0))


def main():
    signal_after = int(os.environ.get("PACKETS_DEADLINE", "900"))
    threading.Timer(signal_after, os._exit, args=(99,)).start()
    verbs = {"serve": serve, "ask": ask, "many": many, "live": live, "sniff": sniff, "raw": raw}
    verbs[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)


main()
