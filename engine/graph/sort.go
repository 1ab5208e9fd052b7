package graph

import (
	"container/heap"
	"slices"
)

// Sort orders the vertices 0..n-1 so that each stands after all of after(v).
// Among the vertices that are free, the one that less puts first is taken, so
// the order is total and depends on nothing but the input. If there is a cycle
// it returns one, in order of dependency, and no order.
func Sort(n int, after func(v int) []int, less func(a, b int) bool) (order, cycle []int) {
	waits := make([]int, n)
	next := make([][]int, n)
	for v := range n {
		for _, u := range after(v) {
			waits[v]++
			next[u] = append(next[u], v)
		}
	}
	free := &queue{less: less}
	for v := range n {
		if waits[v] == 0 {
			free.items = append(free.items, v)
		}
	}
	heap.Init(free)
	order = make([]int, 0, n)
	for free.Len() > 0 {
		v := heap.Pop(free).(int)
		order = append(order, v)
		for _, w := range next[v] {
			if waits[w]--; waits[w] == 0 {
				heap.Push(free, w)
			}
		}
	}
	if len(order) == n {
		return order, nil
	}
	return nil, findCycle(n, after, waits)
}

// findCycle walks backwards from a vertex that still waits until it meets
// itself.
func findCycle(n int, after func(int) []int, waits []int) []int {
	start := slices.IndexFunc(waits, func(w int) bool { return w > 0 })
	seen := make(map[int]int, n)
	var path []int
	for v := start; ; {
		if at, ok := seen[v]; ok {
			return path[at:]
		}
		seen[v] = len(path)
		path = append(path, v)
		for _, u := range after(v) {
			if waits[u] > 0 {
				v = u
				break
			}
		}
	}
}

type queue struct {
	items []int
	less  func(a, b int) bool
}

func (q *queue) Len() int           { return len(q.items) }
func (q *queue) Less(i, j int) bool { return q.less(q.items[i], q.items[j]) }
func (q *queue) Swap(i, j int)      { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *queue) Push(x any)         { q.items = append(q.items, x.(int)) }
func (q *queue) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}
