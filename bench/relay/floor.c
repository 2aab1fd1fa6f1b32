/* The least a relay can do: recvmmsg, unprotect, look the peer up, protect, sendmmsg. One thread.
 * Usage: relay_floor <port> <participants> <key of the senders, hex> <key of the relay, hex>
 * A participant says hello with its number (4 bytes); participant n is relayed to n ^ 1. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, SIZE = 2048 };

static srtp_t session(const char *hex, srtp_ssrc_type_t direction) {
    static unsigned char key[2][44];
    static int used;
    unsigned char *k = key[used++ & 1];
    for (int i = 0; i < 44; i++) sscanf(hex + 2 * i, "%2hhx", &k[i]);
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
    policy.key = k;
    policy.ssrc.type = direction;
    policy.window_size = 1024;
    srtp_t made;
    if (srtp_create(&made, &policy)) exit(3);
    return made;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int count = atoi(argv[2]);
    srtp_init();
    srtp_t *rx = calloc(count, sizeof *rx), *tx = calloc(count, sizeof *tx);
    struct sockaddr_in *peers = calloc(count, sizeof *peers);
    int *by_port = malloc(65536 * sizeof *by_port);
    memset(by_port, 0xff, 65536 * sizeof *by_port);
    for (int i = 0; i < count; i++) {
        rx[i] = session(argv[3], ssrc_any_inbound);
        tx[i] = session(argv[4], ssrc_any_outbound);
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&here, sizeof here)) return 4;
    static unsigned char data[BATCH][SIZE];
    static struct sockaddr_in names[BATCH];
    static struct iovec in_vectors[BATCH], out_vectors[BATCH];
    static struct mmsghdr in[BATCH], out[BATCH];
    for (int i = 0; i < BATCH; i++) {
        in_vectors[i] = (struct iovec){data[i], 1501};
        in[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i],
                                        .msg_iov = &in_vectors[i], .msg_iovlen = 1};
        out[i].msg_hdr = (struct msghdr){.msg_namelen = sizeof *peers, .msg_iov = &out_vectors[i],
                                         .msg_iovlen = 1};
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        poll(&ready, 1, -1);
        int got = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL), queued = 0;
        for (int i = 0; i < got; i++) {
            int length = in[i].msg_len, port = ntohs(names[i].sin_port);
            if (length == 4) {
                uint32_t n;
                memcpy(&n, data[i], 4);
                n = ntohl(n);
                if (n < (uint32_t)count) { by_port[port] = n; peers[n] = names[i]; }
                continue;
            }
            int from = by_port[port], to = from ^ 1;
            if (from < 0 || length < 12) continue;
            if (data[i][1] >= 192 && data[i][1] <= 223) { /* RTCP (RFC 5761) */
                if (srtp_unprotect_rtcp(rx[from], data[i], &length)) continue;
                data[i][7] ^= 0x55; /* the relay's own SSRC */
                if (srtp_protect_rtcp(tx[to], data[i], &length)) continue;
            } else {
                if (srtp_unprotect(rx[from], data[i], &length)) continue;
                data[i][11] ^= 0x55;
                if (srtp_protect(tx[to], data[i], &length)) continue;
            }
            out_vectors[queued] = (struct iovec){data[i], length};
            out[queued++].msg_hdr.msg_name = &peers[to];
        }
        for (int done = 0; done < queued;) {
            int sent = sendmmsg(fd, out + done, queued - done, 0);
            done += sent > 0 ? sent : 1;
        }
    }
}
