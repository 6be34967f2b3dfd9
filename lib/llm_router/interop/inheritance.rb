# frozen_string_literal: true

class LlmRouter
  # What a forked process does with its parent's connections: nothing but close its own copies. Left
  # open, they would keep a connection up whose owner is gone, killed in the middle of a call perhaps,
  # for as long as the child lives; and there would be more of them with each generation.
  # @api private
  module Inheritance
    # Process.daemon forks without _fork. Then they stay open until the server closes them, and are not used.
    module Hook
      # @return [Integer]
      def _fork
        super.tap { |pid| Inheritance.refuse if pid.zero? }
      end
    end

    EVENTPOLL = "anon_inode:[eventpoll]"
    private_constant :EVENTPOLL

    module_function

    # To be called right after the fork. The parent's epoll set, which is shared with it, stays as it is:
    # a copy that is closed leaves that only with the last.
    # @return [void]
    def refuse
      rope, clapper = Native.inherited
      return unless rope

      sets = Dir.children("/proc/self/fd").select { |fd| set?(fd) && members(fd).include?(clapper) }
      fds = [rope, *sets.map(&:to_i), *members(sets.first)]
      fds.uniq.each { |fd| IO.for_fd(fd).close }
    rescue StandardError
      # Without /proc, or in a Ractor, they stay open.
      nil
    end

    def set?(descriptor)
      File.readlink("/proc/self/fd/#{descriptor}") == EVENTPOLL
    rescue SystemCallError
      false
    end

    # Those in an epoll set that are still what the parent put there: it may have gone on, and our
    # numbers mean other files then.
    def members(set)
      File.read("/proc/self/fdinfo/#{set}").scan(/^tfd: +(\d+) .* ino:(\h+)/).filter_map do |number, inode|
        Integer(number) if File.stat("/proc/self/fd/#{number}").ino == inode.hex
      rescue SystemCallError
        nil
      end
    end

    Process.singleton_class.prepend(Hook)
  end
end
