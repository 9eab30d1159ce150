// What the Metal text of a kernel, as naga writes it, needs in order to be CUDA C++. nvidia.py compiles
// kernels with it to count their instructions. They are never run.
typedef unsigned int uint;
#define device
#define constant const
#define thread
#define threadgroup
#define INLINE __device__ __forceinline__

template <class To, class From> INLINE To as_type(From from) {
  static_assert(sizeof(To) == sizeof(From), "as_type keeps the size");
  union { From from; To to; } both;
  both.from = from;
  return both.to;
}

// Vulkan's quotients may be 2.5 ulp off, and so are a product with this reciprocal.
INLINE float vulkan_reciprocal(float x) {
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// WGSL's pack2x16float and unpack2x16float of one element.
INLINE uint pack_halves(float x, float y) {
  uint result;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(y), "f"(x));
  return result;
}
INLINE float half_of(uint word) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"((unsigned short)word));
  return result;
}

namespace metal {
typedef ::uint uint;
template <class T, int N> struct vec;
template <class T> struct alignas(2 * sizeof(T)) vec<T, 2> {
  T x, y;
  vec() = default;
  template <class S> INLINE constexpr explicit vec(S s) : x(s), y(s) {}
  template <class S> INLINE constexpr explicit vec(vec<S, 2> v) : x(v.x), y(v.y) {}
  INLINE constexpr vec(T a, T b) : x(a), y(b) {}
  INLINE T& operator[](uint i) { return (&x)[i]; }
  INLINE T operator[](uint i) const { return (&x)[i]; }
};
template <class T> struct vec<T, 3> {
  T x, y, z;
  vec() = default;
  INLINE constexpr vec(T a, T b, T c) : x(a), y(b), z(c) {}
};
template <class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
  T x, y, z, w;
  vec() = default;
  template <class S> INLINE constexpr explicit vec(S s) : x(s), y(s), z(s), w(s) {}
  template <class S> INLINE explicit vec(vec<S, 4> v) : x(T(v.x)), y(T(v.y)), z(T(v.z)), w(T(v.w)) {}
  INLINE constexpr vec(vec<T, 2> a, vec<T, 2> b) : x(a.x), y(a.y), z(b.x), w(b.y) {}
  INLINE constexpr vec(T a, T b, T c, T d) : x(a), y(b), z(c), w(d) {}
  INLINE T& operator[](uint i) { return (&x)[i]; }
  INLINE T operator[](uint i) const { return (&x)[i]; }
};
typedef vec<float, 2> float2;
typedef vec<float, 3> float3;
typedef vec<float, 4> float4;
typedef vec<uint, 2> uint2;
typedef vec<uint, 3> uint3;
typedef vec<uint, 4> uint4;
typedef vec<int, 2> int2;
typedef vec<int, 3> int3;
typedef vec<int, 4> int4;
typedef vec<bool, 2> bool2;
typedef vec<bool, 3> bool3;
typedef vec<bool, 4> bool4;

#define OPERATOR(OP) \
  template <class T> INLINE auto operator OP(vec<T, 2> a, vec<T, 2> b) -> vec<decltype(a.x OP b.x), 2> { return {a.x OP b.x, a.y OP b.y}; } \
  template <class T> INLINE auto operator OP(vec<T, 4> a, vec<T, 4> b) -> vec<decltype(a.x OP b.x), 4> { return {a.x OP b.x, a.y OP b.y, a.z OP b.z, a.w OP b.w}; } \
  template <class T> INLINE auto operator OP(vec<T, 2> a, T b) -> vec<decltype(a.x OP b), 2> { return {a.x OP b, a.y OP b}; } \
  template <class T> INLINE auto operator OP(T a, vec<T, 2> b) -> vec<decltype(a OP b.x), 2> { return {a OP b.x, a OP b.y}; } \
  template <class T> INLINE auto operator OP(vec<T, 4> a, T b) -> vec<decltype(a.x OP b), 4> { return {a.x OP b, a.y OP b, a.z OP b, a.w OP b}; } \
  template <class T> INLINE auto operator OP(T a, vec<T, 4> b) -> vec<decltype(a OP b.x), 4> { return {a OP b.x, a OP b.y, a OP b.z, a OP b.w}; }
OPERATOR(+) OPERATOR(-) OPERATOR(*) OPERATOR(/) OPERATOR(<) OPERATOR(>) OPERATOR(<=) OPERATOR(>=) OPERATOR(==) OPERATOR(!=)
INLINE float4 operator/(float4 a, float4 b) {
  return {a.x * vulkan_reciprocal(b.x), a.y * vulkan_reciprocal(b.y), a.z * vulkan_reciprocal(b.z), a.w * vulkan_reciprocal(b.w)};
}
#define BITWISE(OP) \
  template <class T> INLINE vec<T, 2> operator OP(vec<T, 2> a, vec<T, 2> b) { return {T(a.x OP b.x), T(a.y OP b.y)}; } \
  template <class T> INLINE vec<T, 4> operator OP(vec<T, 4> a, vec<T, 4> b) { return {T(a.x OP b.x), T(a.y OP b.y), T(a.z OP b.z), T(a.w OP b.w)}; }
BITWISE(&) BITWISE(|) BITWISE(^) BITWISE(<<) BITWISE(>>) BITWISE(%)
template <class T> INLINE vec<T, 4> operator-(vec<T, 4> a) { return {-a.x, -a.y, -a.z, -a.w}; }
template <class T> INLINE vec<T, 4> operator~(vec<T, 4> a) { return {~a.x, ~a.y, ~a.z, ~a.w}; }
INLINE bool4 operator!(bool4 a) { return {!a.x, !a.y, !a.z, !a.w}; }

INLINE bool any(bool4 a) { return a.x | a.y | a.z | a.w; }
INLINE bool all(bool4 a) { return a.x & a.y & a.z & a.w; }
template <class T> INLINE T select(T a, T b, bool c) { return c ? b : a; }
template <class T> INLINE vec<T, 2> select(vec<T, 2> a, vec<T, 2> b, bool2 c) { return {c.x ? b.x : a.x, c.y ? b.y : a.y}; }
template <class T> INLINE vec<T, 4> select(vec<T, 4> a, vec<T, 4> b, bool4 c) {
  return {c.x ? b.x : a.x, c.y ? b.y : a.y, c.z ? b.z : a.z, c.w ? b.w : a.w};
}

INLINE float min(float a, float b) { return fminf(a, b); }
INLINE float max(float a, float b) { return fmaxf(a, b); }
INLINE uint min(uint a, uint b) { return ::min(a, b); }
INLINE uint max(uint a, uint b) { return ::max(a, b); }
INLINE int min(int a, int b) { return ::min(a, b); }
INLINE int max(int a, int b) { return ::max(a, b); }
INLINE float abs(float a) { return fabsf(a); }
INLINE float ceil(float a) { return ceilf(a); }
INLINE float exp(float a) { return expf(a); }
INLINE float exp2(float a) { return exp2f(a); }
INLINE float floor(float a) { return floorf(a); }
INLINE float log(float a) { return logf(a); }
INLINE float log2(float a) { return log2f(a); }
INLINE float rint(float a) { return rintf(a); }
INLINE float rsqrt(float a) { return rsqrtf(a); }
INLINE float sqrt(float a) { return sqrtf(a); }
INLINE float trunc(float a) { return truncf(a); }
INLINE float fma(float a, float b, float c) { return fmaf(a, b, c); }
INLINE float4 fma(float4 a, float4 b, float4 c) {
  return {fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y), fmaf(a.z, b.z, c.z), fmaf(a.w, b.w, c.w)};
}
INLINE int clz(int a) { return __clz(a); }
INLINE uint clz(uint a) { return __clz((int)a); }
#define OF_ONE(F) template <class T> INLINE vec<T, 4> F(vec<T, 4> a) { return {F(a.x), F(a.y), F(a.z), F(a.w)}; }
#define OF_TWO(F) template <class T> INLINE vec<T, 4> F(vec<T, 4> a, vec<T, 4> b) { return {F(a.x, b.x), F(a.y, b.y), F(a.z, b.z), F(a.w, b.w)}; }
OF_ONE(abs) OF_ONE(ceil) OF_ONE(exp) OF_ONE(exp2) OF_ONE(floor) OF_ONE(log) OF_ONE(log2) OF_ONE(rint) OF_ONE(rsqrt) OF_ONE(sqrt) OF_ONE(trunc)
OF_TWO(min) OF_TWO(max)
template <class T> INLINE T clamp(T x, T least, T most) { return min(max(x, least), most); }

struct mem_flags { static const int mem_threadgroup = 1, mem_device = 2, mem_none = 0; };
INLINE void threadgroup_barrier(int) { __syncthreads(); }
typedef uint atomic_uint;
enum memory_order { memory_order_relaxed };
INLINE uint atomic_fetch_add_explicit(uint* to, uint value, memory_order) { return atomicAdd(to, value); }
INLINE uint atomic_fetch_and_explicit(uint* to, uint value, memory_order) { return atomicAnd(to, value); }
INLINE uint atomic_fetch_or_explicit(uint* to, uint value, memory_order) { return atomicOr(to, value); }
INLINE uint atomic_fetch_xor_explicit(uint* to, uint value, memory_order) { return atomicXor(to, value); }
INLINE uint atomic_load_explicit(uint const* from, memory_order) { return *(volatile uint const*)from; }
INLINE void atomic_store_explicit(uint* to, uint value, memory_order) { *(volatile uint*)to = value; }
}
INLINE metal::float2 unpack_halves(uint word) { return {half_of(word), half_of(word >> 16)}; }
using namespace metal;
