// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock and the SVSM that tests of svsm-timer play.
 */
#include <linux/cpumask.h>
#include <linux/sched.h>

#include "fake_test.h"

#define PLAYED_KHZ	3000000U

/**
 * played_current() - what the running test plays
 *
 * Return: its struct played.
 */
struct played *played_current(void)
{
	return kunit_get_current_test()->priv;
}

struct task_struct *svsm_timer_player;
static struct played *playing;

/**
 * played_begin() - play from here on; interrupts are off
 * @p: what is played
 */
void played_begin(struct played *p)
{
	playing = p;
	WRITE_ONCE(svsm_timer_player, current);
}

/**
 * played_end() - play no longer
 */
void played_end(void)
{
	WRITE_ONCE(svsm_timer_player, NULL);
}

/**
 * svsm_timer_played_now() - the played clock
 *
 * Return: TSC ticks.
 */
u64 svsm_timer_played_now(void)
{
	struct played *p = playing;

	p->nows++;
	p->deadline_read = READ_ONCE(p->page->timer_deadline);
	return p->now;
}

/**
 * svsm_timer_played_arm() - the played ARM
 *
 * Return: 0 or the errno that is wanted.
 */
int svsm_timer_played_arm(void)
{
	struct played *p = playing;

	p->arms++;
	p->deadline_armed = READ_ONCE(p->page->timer_deadline);
	return p->arm_ret;
}

static unsigned int played_khz(void)
{
	return played_current()->khz;
}

/**
 * played_event() - event handler that counts, and programs what it is told to
 * @ce: device of a struct played
 */
void played_event(struct clock_event_device *ce)
{
	struct svsm_timer *t = container_of(ce, struct svsm_timer, ce);
	struct played *p = container_of(t, struct played, t);

	p->events++;
	if (p->next != SVSM_TIMER_NONE)
		svsm_timer_program(t, p->next);
}

/**
 * played_init() - begin a test: a timer that is set up, nothing armed
 * @test: its priv becomes the struct played
 *
 * Return: 0.
 */
int played_init(struct kunit *test)
{
	struct played *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->page = kunit_kzalloc(test, sizeof(*p->page), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p->page);
	p->page->timer_armed = SVSM_TIMER_NONE;
	p->page->timer_deadline = SVSM_TIMER_NONE;
	p->next = SVSM_TIMER_NONE;
	p->khz = PLAYED_KHZ;
	test->priv = p;
	kunit_activate_static_stub(test, svsm_timer_khz, played_khz);

	svsm_timer_setup(&p->t, PLAYED_CPU);
	/* Not what the module's parameter says. */
	p->t.slack = 0;
	p->t.page = p->page;
	p->t.deadline = SVSM_TIMER_NONE;
	p->t.ce.event_handler = played_event;
	return 0;
}

/**
 * played_program() - svsm_timer_program() as the core would call it
 * @p: what is played
 * @deadline: TSC ticks
 *
 * Return: what svsm_timer_program() does.
 */
int played_program(struct played *p, u64 deadline)
{
	return played_step(p, svsm_timer_program(&p->t, deadline));
}

/**
 * played_everywhere() - action at the end of a test that ran on one CPU
 * @unused: NULL
 */
void played_everywhere(void *unused)
{
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}
