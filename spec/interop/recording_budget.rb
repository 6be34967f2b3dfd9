# frozen_string_literal: true

# A budget that reserves, in memory, and records how each reservation ended. Each operation takes a moment, as in a
# database, so that an interrupt can arrive in the middle; as there, it takes effect at one instant and may be repeated.
class RecordingBudget
  # Seconds.
  PAUSE = 0.001
  private_constant :PAUSE

  def initialize
    @endings = {}
  end

  def exhausted? = false

  def charge!(*) = raise(NotImplementedError, "reserve! is used instead")

  def reserve!(_usd, key:)
    slowly { @endings[key] = [] }
    key
  end

  def settle!(key, cost_usd, attempt:)
    id = attempt.generation_id
    slowly { @endings.fetch(key) << [id, cost_usd] }
  end

  def release!(key)
    slowly { @endings.fetch(key) << :released }
  end

  def uncertain!(key)
    slowly { @endings.fetch(key) << :uncertain }
  end

  # @return [Integer] reservations that nothing ended, so that their leases would
  def unended
    @endings.values.count(&:empty?)
  end

  # @return [Integer] reservations that were ended more than once, in the same way
  def repeated
    @endings.values.count { |endings| endings.size > 1 && endings.uniq.one? }
  end

  # @return [Integer] reservations that were ended in several ways
  def contradictory
    @endings.values.count { |endings| endings.uniq.size > 1 }
  end

  # @return [Integer]
  def uncertain
    distinct_endings.count(:uncertain)
  end

  # @return [Hash{String => Array<BigDecimal>}] by generation
  def settled
    distinct_endings.grep(Array).group_by(&:first).transform_values { |settled| settled.map(&:last) }
  end

  private

  def distinct_endings
    @endings.values.flat_map(&:uniq)
  end

  def slowly
    sleep PAUSE
    yield
    sleep PAUSE
  end
end
