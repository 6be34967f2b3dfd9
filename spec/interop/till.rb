# frozen_string_literal: true

# A budget that reserves, in memory, and keeps what becomes of each reservation apart. It takes its time over it, as a
# database does, so that an interrupt may come in the middle; and as there, an act is done at one moment, and may be
# repeated.
class Till
  # Seconds.
  PAUSE = 0.001
  private_constant :PAUSE

  def initialize
    @acts = {}
  end

  def exhausted? = false

  def charge!(*) = raise(NotImplementedError, "it reserves")

  def reserve!(_usd, key:)
    slowly { @acts[key] = [] }
    key
  end

  def settle!(key, cost_usd, attempt:)
    id = attempt.generation_id
    slowly { @acts.fetch(key) << [id, cost_usd] }
  end

  def release!(key)
    slowly { @acts.fetch(key) << :released }
  end

  def uncertain!(key)
    slowly { @acts.fetch(key) << :uncertain }
  end

  # @return [Integer] reservations that stand until their leases end
  def held
    @acts.values.count(&:empty?)
  end

  # @return [Integer] reservations that were ended more than once, in the same way
  def repeated
    @acts.values.count { |acts| acts.size > 1 && acts.uniq.one? }
  end

  # @return [Integer] likewise, but in several ways
  def contradictory
    @acts.values.count { |acts| acts.uniq.size > 1 }
  end

  # @return [Integer]
  def uncertain
    ends.count(:uncertain)
  end

  # @return [Hash{String => Array<BigDecimal>}] by generation
  def settled
    ends.grep(Array).group_by(&:first).transform_values { |settled| settled.map(&:last) }
  end

  private

  def ends
    @acts.values.flat_map(&:uniq)
  end

  def slowly
    sleep PAUSE
    yield
    sleep PAUSE
  end
end
