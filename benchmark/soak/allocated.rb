# frozen_string_literal: true

require "fiddle"
require "tempfile"

module Soak
  # The memory that malloc has given out and not got back, as glibc itself counts it.
  module Allocated
    C = Fiddle.dlopen(nil)
    POINTER = Fiddle::TYPE_VOIDP
    OPEN = Fiddle::Function.new(C["fopen"], [POINTER, POINTER], POINTER)
    CLOSE = Fiddle::Function.new(C["fclose"], [POINTER], Fiddle::TYPE_INT)
    REPORT = Fiddle::Function.new(C["malloc_info"], [Fiddle::TYPE_INT, POINTER], Fiddle::TYPE_INT)
    private_constant :C, :POINTER, :OPEN, :CLOSE, :REPORT

    module_function

    # @return [Integer] bytes
    def bytes
      sums = report[%r{.*</heap>(.*)}m, 1]
      free = sum(sums, "total", "fast") + sum(sums, "total", "rest")
      sum(sums, "system", "current") + sum(sums, "total", "mmap") - free
    end

    # @return [String] XML: each heap, and at last the sums of all
    def report
      Tempfile.create("malloc") do |file|
        stream = OPEN.call(file.path, "w")
        REPORT.call(0, stream)
        CLOSE.call(stream)
        file.read
      end
    end

    def sum(sums, element, type)
      sums[/<#{element} type="#{type}"[^>]* size="(\d+)"/, 1].to_i
    end
    private_class_method :report, :sum
  end
end
