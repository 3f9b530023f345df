/* SPDX-License-Identifier: MIT
 *
 * The file in which an order may leave: nothing to find. */
static int32_t leave(venue *v, const qn_order *o)
{
    return v->table->submit(v->in.self, o);
}
