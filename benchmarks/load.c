/*
 * load - drives one Socket.IO server of any era and says what that cost the server.
 *
 *     cc -O2 -o load load.c
 *     ./load echo 8080 -e eio4 -c 100 -s 32 -t 3 -p SERVER_PID
 *
 * Modes
 *     echo       every client keeps DEPTH questions in the air: event echo(x), acknowledged with x
 *     broadcast  client 0 sends bcast(x); the next one goes out when every client has seen msg(x)
 *     polling    every client repeats one POST and one GET, over two kept-alive connections
 *     connect    opens all clients, then only answers heartbeats
 *
 * Eras (-e; a list deals them out in turn)
 *     eio4    42ID["echo","x"]                Socket.IO 3 and 4
 *     eio3    42ID["echo","x"]                Socket.IO 1 and 2
 *     sio09   5:ID+::{"name":"echo",...}      Socket.IO 0.7 to 0.9; the HTTP handshake comes first
 *     old     ~m~10~m~echo:ID:x               Socket.IO 0.3 to 0.6 inside RFC 6455 frames
 *     old76   the same between 00 and FF      hixie-76, what browsers spoke then
 *
 * Everything goes to 127.0.0.1. Prints one JSON object; the exit status is 0 if no client failed and
 * no answer was wrong or missing. The server's CPU is read in nanoseconds from /proc/PID/task/<each>/schedstat.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { ECHO, BROADCAST, POLLING, CONNECT };
enum phase { CONNECTING, HANDSHAKE, UPGRADING, GREETING, READY, DEAD };

#define MAX_PAYLOAD 60000
#define SCRATCH (MAX_PAYLOAD + 1024)
#define EIO3_PING_AFTER 15.0
#define GIVE_UP_AFTER 240.0

struct bytes { char *at; size_t length, room; };
struct peer;
struct poller;

/* How one era speaks. `ask` and `shout` write a unit into a buffer of SCRATCH bytes and give its length. */
struct era {
    const char *name;
    const char *upgrade_target;
    bool handshake_first, hixie, framed;
    size_t (*ask)(char *out, unsigned id);
    size_t (*shout)(char *out);
    void (*greeting)(struct peer *peer, char *unit, size_t length);
    void (*unit)(struct peer *peer, char *unit, size_t length);
};

struct peer {
    int fd, number;
    enum phase phase;
    bool wants_write;
    const struct era *era;
    struct bytes in, out;
    unsigned next_id, binary_id, answers;
    double *asked_at;               /* ring of `depth` instants */
    char sid[80];
    struct poller *poller;          /* polling: whose socket this is */
};

struct poller {
    struct peer get, post;
    char sid[80];
    enum { NO_SID, JOINING, CYCLING } step;
    bool get_done, post_done, answered, pong_due;
    unsigned id, answers;
    double started_at;
};

static struct {
    enum mode mode;
    const char *mode_name, *era_names;
    const struct era *eras[8];
    int era_count, port, clients, depth, size, opening_at_once, pid;
    double warm_up, duration, settle, idle;
    bool binary, collect;
} opt = { .era_names = "eio4", .clients = 100, .depth = 1, .size = 32, .opening_at_once = 64,
          .warm_up = 0.5, .duration = 2, .settle = 1.5 };

static struct {
    int started, ready, failed, silent;
    bool running, measuring;
    unsigned long long answers, deliveries, rounds, requests, wrong;
    int seen;                       /* receivers of the broadcast under way */
    double shouted_at;
    float *latency;                 /* microseconds */
    size_t latencies, latency_room;
} run;

static int poll_fd;
static struct peer *peers;
static struct poller *pollers;
static char payload[MAX_PAYLOAD + 1];

/* ---- small tools ------------------------------------------------------------------------------ */

static void die(const char *what) {
    perror(what);
    exit(2);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void append(struct bytes *b, const void *data, size_t length) {
    if (b->length + length > b->room) {
        size_t room = b->room ? b->room : 256;
        while (room < b->length + length) room *= 2;
        b->at = realloc(b->at, room);
        if (!b->at) die("realloc");
        b->room = room;
    }
    memcpy(b->at + b->length, data, length);
    b->length += length;
}

static void consume(struct bytes *b, size_t length) {
    b->length -= length;
    if (b->length) memmove(b->at, b->at + length, b->length);
}

static void note_latency(double seconds) {
    if (!run.measuring) return;
    if (run.latencies == run.latency_room) {
        if (run.latency_room >= (1u << 24)) return;
        run.latency_room = run.latency_room ? run.latency_room * 2 : 1u << 16;
        run.latency = realloc(run.latency, run.latency_room * sizeof *run.latency);
        if (!run.latency) die("realloc");
    }
    run.latency[run.latencies++] = (float)(seconds * 1e6);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(double share) {
    return run.latencies ? run.latency[(size_t)(share * (double)(run.latencies - 1))] : 0;
}

/* ---- what the server has used ------------------------------------------------------------------ */

static double schedstat_seconds(const char *task) {
    char path[320];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%.200s/schedstat", opt.pid, task);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    if (fscanf(f, "%llu", &ns) != 1) ns = 0;
    fclose(f);
    return (double)ns * 1e-9;
}

static double server_cpu(void) {
    char path[64];
    double total = 0;
    struct dirent *entry;
    snprintf(path, sizeof path, "/proc/%d/task", opt.pid);
    DIR *tasks = opt.pid ? opendir(path) : NULL;
    if (!tasks) return 0;
    while ((entry = readdir(tasks)))
        if (isdigit((unsigned char)entry->d_name[0])) total += schedstat_seconds(entry->d_name);
    closedir(tasks);
    return total;
}

/* User and kernel seconds, in ticks of 10 ms: only good for telling the two apart. */
static void server_split(double *user, double *kernel) {
    char path[64], line[1024];
    unsigned long u = 0, k = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", opt.pid);
    FILE *f = fopen(path, "r");
    char *after_name = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (after_name) sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &k);
    if (f) fclose(f);
    *user = (double)u / (double)sysconf(_SC_CLK_TCK);
    *kernel = (double)k / (double)sysconf(_SC_CLK_TCK);
}

static long server_rss_kb(void) {
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", opt.pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    if (f) fclose(f);
    return kb;
}

static double own_cpu(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

/* ---- sockets ------------------------------------------------------------------------------------ */

static void fail(struct peer *peer, const char *why) {
    if (peer->phase == DEAD) return;
    if (run.failed < 3) fprintf(stderr, "client %d (%s, phase %d): %s\n", peer->number, peer->era->name, peer->phase, why);
    if (peer->fd >= 0) close(peer->fd);
    peer->fd = -1;
    peer->phase = DEAD;
    run.failed++;
}

/* A reset at close leaves no TIME_WAIT behind, so thousands of runs can follow each other. */
static void dial(struct peer *peer) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct linger reset = { 1, 0 };
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port) };
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = peer };
    if (fd < 0) die("socket");
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer->fd = fd;
    peer->phase = CONNECTING;
    peer->wants_write = true;
    peer->in.length = peer->out.length = 0;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) fail(peer, strerror(errno));
    else if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void watch_write(struct peer *peer, bool wanted) {
    struct epoll_event event = { .events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = peer };
    if (peer->wants_write == wanted) return;
    peer->wants_write = wanted;
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, peer->fd, &event);
}

static void flush(struct peer *peer) {
    while (peer->phase != DEAD && peer->out.length) {
        ssize_t sent = send(peer->fd, peer->out.at, peer->out.length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch_write(peer, true);
            return;
        }
        if (sent < 0) fail(peer, "send failed");
        else consume(&peer->out, (size_t)sent);
    }
    if (peer->phase != DEAD) watch_write(peer, false);
}

static void open_more(void) {
    while (run.started < opt.clients && run.started - run.ready - run.failed < opt.opening_at_once) {
        int n = run.started++;
        if (opt.mode == POLLING) {
            dial(&pollers[n].get);
            dial(&pollers[n].post);
        } else dial(&peers[n]);
    }
}

/* ---- frames ------------------------------------------------------------------------------------- */

static uint32_t next_mask(void) {
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

static size_t frame_head(unsigned char *head, int opcode, size_t length) {
    head[0] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        head[1] = (unsigned char)(0x80 | length);
        return 2;
    }
    head[1] = 0x80 | 126;           /* MAX_PAYLOAD keeps every unit below 64 KiB */
    head[2] = (unsigned char)(length >> 8);
    head[3] = (unsigned char)length;
    return 4;
}

static void send_frame(struct peer *peer, int opcode, const char *data, size_t length) {
    unsigned char head[8], key[4];
    uint32_t mask = next_mask();
    size_t head_length = frame_head(head, opcode, length);
    memcpy(key, &mask, 4);
    memcpy(head + head_length, key, 4);
    append(&peer->out, head, head_length + 4);
    size_t start = peer->out.length;
    append(&peer->out, data, length);
    for (size_t i = 0; i < length; i++) peer->out.at[start + i] ^= (char)key[i & 3];
}

/* One unit of the era: the old ones wrap it in ~m~, hixie-76 puts it between 00 and FF. */
static void send_unit(struct peer *peer, const char *data, size_t length) {
    static char wrapped[SCRATCH + 64];
    if (peer->era->framed) {
        size_t head = (size_t)sprintf(wrapped, "~m~%zu~m~", length);
        memcpy(wrapped + head, data, length);
        data = wrapped;
        length += head;
    }
    if (!peer->era->hixie) send_frame(peer, 1, data, length);
    else {
        append(&peer->out, "\0", 1);
        append(&peer->out, data, length);
        append(&peer->out, "\xff", 1);
    }
}

/* ---- questions and answers ----------------------------------------------------------------------- */

static void ask(struct peer *peer) {
    static char unit[SCRATCH];
    unsigned id = peer->next_id++;
    peer->asked_at[id % (unsigned)opt.depth] = now();
    send_unit(peer, unit, peer->era->ask(unit, id));
    if (opt.binary) send_frame(peer, 2, payload, (size_t)opt.size);
}

static void answered(struct peer *peer, unsigned id) {
    run.answers++;
    peer->answers++;
    note_latency(now() - peer->asked_at[id % (unsigned)opt.depth]);
    if (run.running) ask(peer);
}

static void shout(struct peer *peer) {
    static char unit[SCRATCH];
    run.seen = 0;
    run.shouted_at = now();
    send_unit(peer, unit, peer->era->shout(unit));
}

static void delivered(void) {
    run.deliveries++;
    if (++run.seen < run.ready) return;
    run.rounds++;
    note_latency(now() - run.shouted_at);
    if (!run.running) return;
    shout(&peers[0]);
    flush(&peers[0]);
}

static void ready(struct peer *peer) {
    peer->phase = READY;
    run.ready++;
    open_more();
}

static bool starts(const char *unit, size_t length, const char *prefix) {
    size_t n = strlen(prefix);
    return length >= n && !memcmp(unit, prefix, n);
}

/* Whether the unit ends in the payload followed by `tail`: what came back is what was sent. */
static bool carries(const char *unit, size_t length, const char *tail) {
    size_t t = strlen(tail), n = (size_t)opt.size;
    return length >= n + t && !memcmp(unit + length - t, tail, t) && !memcmp(unit + length - t - n, payload, n);
}

static void take_answer(struct peer *peer, char *unit, size_t length, const char *digits, const char *tail) {
    if (!carries(unit, length, tail)) run.wrong++;
    answered(peer, (unsigned)strtoul(digits, NULL, 10));
}

static void take_delivery(char *unit, size_t length, const char *tail) {
    if (!carries(unit, length, tail)) run.wrong++;
    delivered();
}

/* ---- Engine.IO 3 and 4 ---------------------------------------------------------------------------- */

static size_t eio_ask(char *out, unsigned id) {
    if (opt.binary) return (size_t)sprintf(out, "451-%u[\"echo\",{\"_placeholder\":true,\"num\":0}]", id);
    return (size_t)sprintf(out, "42%u[\"echo\",\"%s\"]", id, payload);
}

static size_t eio_shout(char *out) {
    return (size_t)sprintf(out, "42[\"bcast\",\"%s\"]", payload);
}

static void eio4_greeting(struct peer *peer, char *unit, size_t length) {
    if (starts(unit, length, "0")) send_unit(peer, "40", 2);
    else if (starts(unit, length, "40")) ready(peer);
    else fail(peer, "unexpected greeting");
}

static void eio3_greeting(struct peer *peer, char *unit, size_t length) {
    if (starts(unit, length, "40")) ready(peer);
    else if (!starts(unit, length, "0")) fail(peer, "unexpected greeting");
}

static void eio_unit(struct peer *peer, char *unit, size_t length) {
    if (starts(unit, length, "43")) take_answer(peer, unit, length, unit + 2, "\"]");
    else if (starts(unit, length, "42")) take_delivery(unit, length, "\"]");
    else if (starts(unit, length, "461-")) peer->binary_id = (unsigned)strtoul(unit + 4, NULL, 10);
    else if (starts(unit, length, "2")) send_unit(peer, "3", 1);
    else if (!starts(unit, length, "3")) run.wrong++;
}

static void take_binary(struct peer *peer, char *data, size_t length) {
    if (!carries(data, length, "") || length != (size_t)opt.size) run.wrong++;
    answered(peer, peer->binary_id);
}

/* ---- Socket.IO 0.7 to 0.9 -------------------------------------------------------------------------- */

static size_t sio09_ask(char *out, unsigned id) {
    return (size_t)sprintf(out, "5:%u+::{\"name\":\"echo\",\"args\":[\"%s\"]}", id + 1, payload);
}

static size_t sio09_shout(char *out) {
    return (size_t)sprintf(out, "5:::{\"name\":\"bcast\",\"args\":[\"%s\"]}", payload);
}

static void sio09_greeting(struct peer *peer, char *unit, size_t length) {
    if (starts(unit, length, "1::")) ready(peer);
    else fail(peer, "unexpected greeting");
}

static void sio09_unit(struct peer *peer, char *unit, size_t length) {
    if (starts(unit, length, "6:::")) {
        if (!carries(unit, length, "\"]")) run.wrong++;
        answered(peer, (unsigned)strtoul(unit + 4, NULL, 10) - 1);
    } else if (starts(unit, length, "5:::")) take_delivery(unit, length, "\"]}");
    else if (starts(unit, length, "2::")) send_unit(peer, "2::", 3);
    else run.wrong++;
}

/* ---- Socket.IO 0.3 to 0.6 -------------------------------------------------------------------------- */

static size_t old_ask(char *out, unsigned id) {
    return (size_t)sprintf(out, "echo:%u:%s", id, payload);
}

static size_t old_shout(char *out) {
    return (size_t)sprintf(out, "bcast:%s", payload);
}

/* The first message is the session id. */
static void old_greeting(struct peer *peer, char *unit, size_t length) {
    (void)unit;
    if (length) ready(peer);
    else fail(peer, "empty session id");
}

static void old_unit(struct peer *peer, char *unit, size_t length) {
    if (starts(unit, length, "echo:")) take_answer(peer, unit, length, unit + 5, "");
    else if (starts(unit, length, "bcast:")) take_delivery(unit, length, "");
    else if (starts(unit, length, "~j~")) take_delivery(unit, length, "\"]}");
    else if (starts(unit, length, "~h~")) send_unit(peer, unit, length);
    else run.wrong++;
}

static const struct era ERAS[] = {
    { "eio4", "/socket.io/?EIO=4&transport=websocket", false, false, false, eio_ask, eio_shout, eio4_greeting, eio_unit },
    { "eio3", "/socket.io/?EIO=3&transport=websocket", false, false, false, eio_ask, eio_shout, eio3_greeting, eio_unit },
    { "sio09", "/socket.io/1/websocket/", true, false, false, sio09_ask, sio09_shout, sio09_greeting, sio09_unit },
    { "old", "/socket.io/websocket", false, false, true, old_ask, old_shout, old_greeting, old_unit },
    { "old76", "/socket.io/websocket", false, true, true, old_ask, old_shout, old_greeting, old_unit },
};

/* ---- opening a WebSocket ----------------------------------------------------------------------------- */

static void send_text(struct peer *peer, const char *format, ...) {
    char line[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    append(&peer->out, line, (size_t)length);
}

/* hixie-76: the digits of a key, read as one number, must divide by its count of blanks. */
static void send_upgrade(struct peer *peer) {
    send_text(peer, "GET %s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nConnection: Upgrade\r\n",
              peer->era->upgrade_target, peer->sid, opt.port, opt.port);
    if (peer->era->hixie)
        send_text(peer, "Upgrade: WebSocket\r\nSec-WebSocket-Key1: 1a 2b 3c 45\r\nSec-WebSocket-Key2: 9 9x 9y 90\r\n\r\nloadload");
    else
        send_text(peer, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: bG9hZCBnZW5lcmF0b3IuLg==\r\n\r\n");
    peer->phase = UPGRADING;
}

static void send_get(struct peer *peer, const char *target) {
    send_text(peer, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: keep-alive\r\n\r\n", target, opt.port);
    run.requests++;
}

static void send_post(struct peer *peer, const char *target, const char *body, size_t length) {
    send_text(peer, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: keep-alive\r\n"
                    "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n", target, opt.port, length);
    append(&peer->out, body, length);
    run.requests++;
}

/* ---- HTTP answers -------------------------------------------------------------------------------------- */

struct answer { int status; size_t size; char *body; size_t length; bool closes; };

/* Joins the chunks in place; gives where the body ends in the input, or NULL if more is to come. */
static char *join_chunks(char *from, char *end, struct answer *answer) {
    answer->body = from;
    answer->length = 0;
    for (;;) {
        char *line_end = memchr(from, '\n', (size_t)(end - from));
        if (!line_end) return NULL;
        size_t chunk = strtoul(from, NULL, 16);
        if (line_end + 1 + chunk + 2 > end) return NULL;
        memmove(answer->body + answer->length, line_end + 1, chunk);
        answer->length += chunk;
        from = line_end + 1 + chunk + 2;
        if (!chunk) return from;
    }
}

/* Chunks are only joined once the last one is there, so a body can be looked at again when more arrives. */
static bool read_chunked(struct bytes *in, char *body, struct answer *answer) {
    if (!memmem(body, in->length - (size_t)(body - in->at), "\r\n0\r\n\r\n", 7)) return false;
    char *end = join_chunks(body, in->at + in->length, answer);
    if (!end) return false;
    answer->size = (size_t)(end - in->at);
    return true;
}

static bool read_answer(struct bytes *in, struct answer *answer) {
    char *end = in->length ? memmem(in->at, in->length, "\r\n\r\n", 4) : NULL;
    if (!end) return false;
    *end = 0;
    const char *sized = strcasestr(in->at, "\r\ncontent-length:");
    bool chunked = strcasestr(in->at, "\r\ntransfer-encoding: chunked") != NULL;
    answer->closes = strcasestr(in->at, "\r\nconnection: close") != NULL;
    answer->status = atoi(in->at + 9);
    answer->length = sized ? strtoul(sized + 17, NULL, 10) : 0;
    *end = '\r';
    answer->body = end + 4;
    if (chunked) return read_chunked(in, end + 4, answer);
    answer->size = (size_t)(end + 4 - in->at) + answer->length;
    return in->length >= answer->size;
}

/* 0.7 to 0.9: "SID:60:60:websocket,..."; the upgrade follows on the same connection if it stays open. */
static void take_handshake(struct peer *peer) {
    struct answer answer;
    if (!read_answer(&peer->in, &answer)) return;
    char *colon = memchr(answer.body, ':', answer.length);
    if (answer.status != 200 || !colon || colon - answer.body >= (long)sizeof peer->sid) {
        fail(peer, "bad handshake");
        return;
    }
    memcpy(peer->sid, answer.body, (size_t)(colon - answer.body));
    consume(&peer->in, answer.size);
    if (answer.closes) {
        close(peer->fd);
        dial(peer);
    } else send_upgrade(peer);
}

static bool take_upgrade(struct peer *peer) {
    char *end = peer->in.length ? memmem(peer->in.at, peer->in.length, "\r\n\r\n", 4) : NULL;
    if (!end) return false;
    size_t length = (size_t)(end + 4 - peer->in.at) + (peer->era->hixie ? 16 : 0);
    if (peer->in.length < length) return false;
    if (memcmp(peer->in.at + 9, "101", 3)) {
        fail(peer, "upgrade refused");
        return false;
    }
    consume(&peer->in, length);
    peer->phase = GREETING;
    return true;
}

/* ---- reading WebSockets --------------------------------------------------------------------------------- */

static void take_unit(struct peer *peer, char *unit, size_t length) {
    if (peer->phase == READY) peer->era->unit(peer, unit, length);
    else if (peer->phase == GREETING) peer->era->greeting(peer, unit, length);
}

static void take_text(struct peer *peer, char *text, size_t length) {
    if (!peer->era->framed) {
        take_unit(peer, text, length);
        return;
    }
    while (starts(text, length, "~m~")) {
        char *rest;
        size_t n = strtoul(text + 3, &rest, 10);
        rest += 3;
        if (rest + n > text + length) break;
        take_unit(peer, rest, n);
        length -= (size_t)(rest + n - text);
        text = rest + n;
    }
    /* What is left is no frame: a server that also admits clients older than 0.5 speaks theirs too. Clients ignore it. */
}

static void take_frame(struct peer *peer, int opcode, char *data, size_t length) {
    if (opcode == 1) take_text(peer, data, length);
    else if (opcode == 2) take_binary(peer, data, length);
    else if (opcode == 8) fail(peer, "closed by the server");
    else if (opcode == 9) send_frame(peer, 10, data, length);
}

/* Takes one whole frame off the front; gives its size, 0 if more bytes are needed. */
static size_t read_frame(struct peer *peer, char *at, size_t left) {
    unsigned char *b = (unsigned char *)at;
    size_t head = 2, length;
    if (left < 2) return 0;
    length = b[1] & 127;
    if (length == 126) {
        if (left < 4) return 0;
        length = (size_t)b[2] << 8 | b[3];
        head = 4;
    } else if (length == 127) {
        if (left < 10) return 0;
        length = (size_t)b[6] << 24 | (size_t)b[7] << 16 | (size_t)b[8] << 8 | b[9];
        head = 10;
    }
    if (left < head + length) return 0;
    take_frame(peer, b[0] & 15, at + head, length);
    return head + length;
}

static size_t read_hixie_frame(struct peer *peer, char *at, size_t left) {
    char *end = memchr(at, 0xff, left);
    if (!end) return 0;
    take_text(peer, at + 1, (size_t)(end - at - 1));
    return (size_t)(end + 1 - at);
}

static void read_frames(struct peer *peer) {
    size_t at = 0, used;
    do {
        char *from = peer->in.at + at;
        size_t left = peer->in.length - at;
        used = peer->era->hixie ? read_hixie_frame(peer, from, left) : read_frame(peer, from, left);
        at += used;
    } while (used && peer->phase != DEAD && at < peer->in.length);
    if (peer->phase != DEAD && at) consume(&peer->in, at);
}

static void read_websocket(struct peer *peer) {
    if (peer->phase == HANDSHAKE) take_handshake(peer);
    if (peer->phase == UPGRADING && !take_upgrade(peer)) return;
    if (peer->phase == GREETING || peer->phase == READY) read_frames(peer);
}

/* ---- long polling ------------------------------------------------------------------------------------------ */

static bool is_sio09(const struct poller *p) { return p->get.era->handshake_first; }
static bool is_eio3(const struct poller *p) { return !strcmp(p->get.era->name, "eio3"); }

static const char *polling_target(const struct poller *p) {
    static char target[256];
    if (is_sio09(p)) snprintf(target, sizeof target, "/socket.io/1/%s%s?t=1", p->sid[0] ? "xhr-polling/" : "", p->sid);
    else snprintf(target, sizeof target, "/socket.io/?EIO=%d&transport=polling&t=load%s%s", is_eio3(p) ? 3 : 4,
                  p->sid[0] ? "&sid=" : "", p->sid);
    return target;
}

static void poll(struct poller *p) {
    p->get_done = false;
    send_get(&p->get, polling_target(p));
    flush(&p->get);
}

static void post(struct poller *p, const char *unit, size_t length) {
    static char body[SCRATCH + 64];
    size_t head = 0;
    if (is_eio3(p)) head = (size_t)sprintf(body, "%zu:", length);
    else if (p->pong_due) head = (size_t)sprintf(body, "3\x1e");
    memcpy(body + head, unit, length);
    p->pong_due = p->post_done = false;
    send_post(&p->post, polling_target(p), body, head + length);
    flush(&p->post);
}

static void cycle(struct poller *p) {
    static char unit[SCRATCH];
    p->answered = false;
    p->started_at = now();
    poll(p);
    size_t length = p->get.era->ask(unit, ++p->id);
    post(p, unit, length);
}

static void take_sid(struct poller *p, const struct answer *answer) {
    char *from = answer->body, *end;
    if (!is_sio09(p)) {
        from = memmem(answer->body, answer->length, "\"sid\":\"", 7);
        from = from ? from + 7 : answer->body + answer->length;
    }
    size_t left = answer->length - (size_t)(from - answer->body);
    end = memchr(from, is_sio09(p) ? ':' : '"', left);
    if (!end || end - from >= (long)sizeof p->sid) {
        fail(&p->get, "no session id");
        return;
    }
    memcpy(p->sid, from, (size_t)(end - from));
    p->step = JOINING;
    p->post_done = true;
}

static bool holds(const struct answer *answer, const char *what) {
    return memmem(answer->body, answer->length, what, strlen(what)) != NULL;
}

static void join(struct poller *p, struct peer *peer, const struct answer *answer) {
    if (peer == &p->get && holds(answer, is_sio09(p) ? "1::" : "40")) p->answered = true;
    else if (peer == &p->get) poll(p);
    if (!p->answered || !p->post_done) return;
    p->step = CYCLING;
    run.ready++;
    open_more();
}

/* Servers of 2.x put the CONNECT behind the open packet, into the same body. */
static void take_opening(struct poller *p, const struct answer *answer) {
    take_sid(p, answer);
    if (p->step == NO_SID) return;
    if (is_eio3(p) && holds(answer, "2:40")) join(p, &p->get, answer);
    else {
        if (!strcmp(p->get.era->name, "eio4")) post(p, "40", 2);
        poll(p);
    }
}

static void take_poll(struct poller *p, const struct answer *answer) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, is_sio09(p) ? "6:::%u+" : "43%u[", is_sio09(p) ? p->id + 1 : p->id);
    if (holds(answer, wanted)) {
        p->answered = true;
        if (!holds(answer, payload)) run.wrong++;
        return;
    }
    if (starts(answer->body, answer->length, "2")) p->pong_due = true;
    poll(p);
}

static void take_http(struct poller *p, struct peer *peer, struct answer *answer) {
    if (peer == &p->post) p->post_done = true;
    else p->get_done = true;
    if (p->step == NO_SID) take_opening(p, answer);
    else if (p->step == JOINING) join(p, peer, answer);
    else {
        if (peer == &p->get) take_poll(p, answer);
        if (!p->answered || !p->get_done || !p->post_done) return;
        run.answers++;
        p->answers++;
        note_latency(now() - p->started_at);
        if (run.running) cycle(p);
    }
}

static void read_http(struct peer *peer) {
    static char body[SCRATCH * 4];
    struct answer answer;
    while (peer->phase != DEAD && read_answer(&peer->in, &answer)) {
        if (answer.status != 200 || answer.length > sizeof body) {
            fail(peer, "refused");
            return;
        }
        memcpy(body, answer.body, answer.length);
        answer.body = body;
        consume(&peer->in, answer.size);
        take_http(peer->poller, peer, &answer);
    }
}

/* ---- the loop ------------------------------------------------------------------------------------------------- */

static void connected(struct peer *peer) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        fail(peer, strerror(error));
        return;
    }
    if (opt.mode == POLLING) {
        peer->phase = READY;
        if (peer == &peer->poller->get) poll(peer->poller);
    } else if (peer->era->handshake_first && !peer->sid[0]) {
        send_get(peer, "/socket.io/1/?t=1");
        peer->phase = HANDSHAKE;
    } else send_upgrade(peer);
}

static void receive(struct peer *peer) {
    static char chunk[1 << 17];
    ssize_t got;
    do {
        got = recv(peer->fd, chunk, sizeof chunk, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            fail(peer, got ? "recv failed" : "connection ended");
            return;
        }
        if (got < 0) return;
        append(&peer->in, chunk, (size_t)got);
        if (opt.mode == POLLING) read_http(peer);
        else read_websocket(peer);
    } while (got == sizeof chunk && peer->phase != DEAD);
}

/* In Engine.IO 3 the client pings. */
static void ping_eio3(void) {
    static double due;
    if (!due) due = now() + EIO3_PING_AFTER;
    if (opt.mode == POLLING || now() < due) return;
    due = now() + EIO3_PING_AFTER;
    for (int i = 0; i < opt.clients; i++) {
        if (peers[i].phase != READY || strcmp(peers[i].era->name, "eio3")) continue;
        send_unit(&peers[i], "2", 1);
        flush(&peers[i]);
    }
}

static void serve(struct peer *peer, uint32_t events) {
    if (peer->phase == CONNECTING) connected(peer);
    else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(peer);
    if (peer->phase != DEAD && peer->phase != CONNECTING && (peer->out.length || peer->wants_write)) flush(peer);
}

static void turn(void) {
    static struct epoll_event events[512];
    int n = epoll_wait(poll_fd, events, 512, 10);
    for (int i = 0; i < n; i++) {
        struct peer *peer = events[i].data.ptr;
        if (peer->phase != DEAD) serve(peer, events[i].events);
    }
    ping_eio3();
}

static void run_for(double seconds) {
    double end = now() + seconds;
    while (now() < end) turn();
}

/* ---- the modes -------------------------------------------------------------------------------------------------- */

static void prepare(struct peer *peer, int number, struct poller *owner) {
    peer->fd = -1;
    peer->number = number;
    peer->poller = owner;
    peer->era = opt.eras[number % opt.era_count];
    peer->asked_at = calloc((size_t)opt.depth, sizeof(double));
}

static void prepare_all(void) {
    peers = calloc((size_t)opt.clients, sizeof *peers);
    pollers = calloc((size_t)opt.clients, sizeof *pollers);
    if (!peers || !pollers) die("calloc");
    for (int i = 0; i < opt.clients; i++) {
        prepare(&peers[i], i, NULL);
        prepare(&pollers[i].get, i, &pollers[i]);
        prepare(&pollers[i].post, i, &pollers[i]);
    }
}

static void open_all(void) {
    double limit = now() + GIVE_UP_AFTER;
    open_more();
    while (run.ready + run.failed < opt.clients && now() < limit) turn();
    if (run.ready == opt.clients) return;
    printf("{\"mode\":\"%s\",\"error\":\"%d of %d clients came up\"}\n", opt.mode_name, run.ready, opt.clients);
    exit(1);
}

static void start_echo(void) {
    for (int i = 0; i < opt.clients; i++) {
        for (int n = 0; n < opt.depth; n++) ask(&peers[i]);
        flush(&peers[i]);
    }
}

static void start(void) {
    run.running = true;
    if (opt.mode == ECHO) start_echo();
    else if (opt.mode == POLLING) for (int i = 0; i < opt.clients; i++) cycle(&pollers[i]);
    else {
        shout(&peers[0]);
        flush(&peers[0]);
    }
}

static void begin_measuring(void) {
    run.answers = run.deliveries = run.rounds = run.requests = 0;
    for (int i = 0; i < opt.clients; i++) peers[i].answers = pollers[i].answers = 0;
    run.measuring = true;
}

/* Clients that got nothing at all while it was measured; a broadcast misses none, or the next never goes out. */
static int silent(void) {
    int n = 0;
    if (opt.mode == BROADCAST) return run.rounds ? 0 : opt.clients;
    for (int i = 0; i < opt.clients; i++)
        if (!(opt.mode == POLLING ? pollers[i].answers : peers[i].answers)) n++;
    return n;
}

static const char *unit_name(void) {
    return opt.mode == ECHO ? "message" : opt.mode == BROADCAST ? "delivery" : "request";
}

static unsigned long long units(void) {
    return opt.mode == ECHO ? run.answers : opt.mode == BROADCAST ? run.deliveries : run.requests;
}

static void print_head(void) {
    printf("{\"mode\":\"%s\",\"era\":\"%s\",\"clients\":%d,\"failed\":%d,\"wrong\":%llu,", opt.mode_name, opt.era_names,
           opt.clients, run.failed, run.wrong);
}

static void measure_load(void) {
    double user[2], kernel[2];
    start();
    run_for(opt.warm_up);
    begin_measuring();
    server_split(&user[0], &kernel[0]);
    double cpu = server_cpu(), own = own_cpu(), began = now();
    run_for(opt.duration);
    double seconds = now() - began;
    cpu = server_cpu() - cpu;
    own = own_cpu() - own;
    server_split(&user[1], &kernel[1]);
    run.measuring = false;
    double n = units() ? (double)units() : 1;
    qsort(run.latency, run.latencies, sizeof *run.latency, ascending);
    run.silent = silent();
    print_head();
    printf("\"silent\":%d,\"depth\":%d,\"size\":%d,\"seconds\":%.3f,\"unit\":\"%s\",\"units\":%llu,\"rounds\":%llu,\"rate\":%.0f,"
           "\"cpu_us\":%.3f,\"user_share\":%.3f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"server_load\":%.3f,\"own_load\":%.3f,\"rss_kb\":%ld}\n",
           run.silent, opt.depth, opt.size, seconds, unit_name(), units(), run.rounds, n / seconds, cpu / n * 1e6,
           (user[1] - user[0]) / (user[1] - user[0] + kernel[1] - kernel[0] + 1e-9), percentile(.5), percentile(.99),
           cpu / seconds, own / seconds, server_rss_kb());
}

/* Both the plain reading of memory and the one after a full collection (the servers here run one on SIGUSR2). */
static void measure_connect(void) {
    long before = server_rss_kb();
    double cpu = server_cpu(), began = now();
    open_all();
    double seconds = now() - began;
    cpu = server_cpu() - cpu;
    run_for(opt.settle);
    long after = server_rss_kb(), collected = after;
    if (opt.collect && opt.pid) {
        kill(opt.pid, SIGUSR2);
        run_for(opt.settle);
        collected = server_rss_kb();
    }
    double idle = server_cpu();
    run_for(opt.idle);
    idle = opt.idle > 0 ? (server_cpu() - idle) / opt.idle * 100 : 0;
    print_head();
    printf("\"unit\":\"connection\",\"units\":%d,\"seconds\":%.3f,\"rate\":%.0f,\"cpu_us\":%.2f,\"rss_kb\":%ld,"
           "\"kb_each\":%.3f,\"kb_each_collected\":%.3f,\"idle_percent\":%.3f}\n",
           opt.clients, seconds, opt.clients / seconds, cpu / opt.clients * 1e6, after,
           (double)(after - before) / opt.clients, (double)(collected - before) / opt.clients, idle);
}

/* ---- the command line ----------------------------------------------------------------------------------------------- */

static void usage(void) {
    fputs("usage: load echo|broadcast|polling|connect PORT [-e ERA[,ERA]] [-c CLIENTS] [-s BYTES] [-d DEPTH] [-b] [-w WARM_UP]\n"
          "            [-t SECONDS] [-p SERVER_PID] [-j OPENING_AT_ONCE] [-q SETTLE] [-i IDLE_SECONDS] [-g]\n"
          "  -b binary payload (eio4, echo)   -g send SIGUSR2 and read the memory again (connect)\n", stderr);
    exit(2);
}

static void choose_mode(const char *name) {
    static const char *names[] = { "echo", "broadcast", "polling", "connect" };
    for (int i = 0; i < 4; i++) {
        if (strcmp(name, names[i])) continue;
        opt.mode = (enum mode)i;
        opt.mode_name = names[i];
        return;
    }
    usage();
}

static const struct era *find_era(const char *name) {
    for (size_t i = 0; i < sizeof ERAS / sizeof *ERAS; i++)
        if (!strcmp(ERAS[i].name, name)) return &ERAS[i];
    usage();
    return NULL;
}

static void choose_eras(void) {
    char *list = strdup(opt.era_names);
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        if (opt.era_count == 8) usage();
        opt.eras[opt.era_count++] = find_era(name);
        if (opt.mode == POLLING && find_era(name)->framed) usage();
        if (opt.binary && strcmp(name, "eio4")) usage();
    }
    free(list);
    if (!opt.era_count) usage();
}

static void read_options(int argc, char **argv) {
    if (argc < 3) usage();
    choose_mode(argv[1]);
    opt.port = atoi(argv[2]);
    optind = 3;
    for (int o; (o = getopt(argc, argv, "e:c:s:d:w:t:p:j:q:i:bg")) != -1;) {
        if (o == 'e') opt.era_names = optarg;
        else if (o == 'c') opt.clients = atoi(optarg);
        else if (o == 's') opt.size = atoi(optarg);
        else if (o == 'd') opt.depth = atoi(optarg);
        else if (o == 'w') opt.warm_up = atof(optarg);
        else if (o == 't') opt.duration = atof(optarg);
        else if (o == 'p') opt.pid = atoi(optarg);
        else if (o == 'j') opt.opening_at_once = atoi(optarg);
        else if (o == 'q') opt.settle = atof(optarg);
        else if (o == 'i') opt.idle = atof(optarg);
        else if (o == 'b') opt.binary = true;
        else if (o == 'g') opt.collect = true;
        else usage();
    }
    if (opt.size < 1 || opt.size > MAX_PAYLOAD || opt.depth < 1 || opt.clients < 1 || opt.opening_at_once < 1) usage();
    choose_eras();
}

static void raise_file_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    raise_file_limit();
    for (int i = 0; i < opt.size; i++) payload[i] = (char)('a' + i * 5 % 26);
    poll_fd = epoll_create1(0);
    if (poll_fd < 0) die("epoll_create1");
    prepare_all();
    if (opt.mode == CONNECT) measure_connect();
    else {
        open_all();
        measure_load();
    }
    return run.failed || run.wrong || run.silent ? 1 : 0;
}
